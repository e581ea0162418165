"""The reader of PyTorch checkpoints: names, shapes and types of tensors, with nothing unpickled.

Format: torch/serialization.py and torch/_utils.py of PyTorch 2.13; opcodes: the standard library's
pickletools, which takes a pickle apart and makes nothing of it.
"""

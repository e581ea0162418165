"""Checkpoints of PyTorch: the pickles in them walked opcode by opcode, with nothing unpickled.

``opcodes`` follows any pickle, ``files`` finds it in what torch.save writes, ``names`` lists its
tensors and ``sharing`` counts memory that several share once. Format: torch/serialization.py and
torch/_utils.py of PyTorch 2.13; opcodes: the standard library's pickletools, which takes a pickle
apart and makes nothing of it.
"""

"""The reader of torch.export packages (.pt2): a program in JSON, weights left where they lie.

Format: torch/_export/serde/schema.py, torch/export/pt2_archive of PyTorch 2.13, and
torch.export.save of 2.1 to 2.6 for the archives of before.
"""

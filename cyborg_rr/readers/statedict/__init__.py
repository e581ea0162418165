"""The reader of PyTorch checkpoints: names, shapes and types of tensors, with nothing unpickled."""

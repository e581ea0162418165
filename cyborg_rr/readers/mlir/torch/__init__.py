"""torch-mlir's calls of aten: their arguments by the names of PyTorch's schemas."""

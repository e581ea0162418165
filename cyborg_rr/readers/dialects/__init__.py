"""Operation sets that files of several families are written in, as canonical operations.

``onnx`` is ONNX's own, which onnx-mlir writes as a dialect too; ``aten`` is PyTorch's, which both
torch.export and torch-mlir write; ``mlir`` is what modules of any dialect have in common.
"""

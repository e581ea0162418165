"""Reads MLIR text of the dialects tosa, linalg, torch, onnx and tt.

``assembling`` tells which of three forms a module has: torch-mlir's calls of aten (``torch``), the
operations of ONNX (``onnx_form``), or operations on tensors, which ``lowering`` writes one by one.
"""

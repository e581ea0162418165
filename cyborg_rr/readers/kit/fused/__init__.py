"""Kernels that compilers fused of several operations: their work by names and operands."""

"""Which canonical operations those of tosa, linalg, tensor, arith, math and tt mean."""

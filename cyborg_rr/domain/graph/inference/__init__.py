"""Types, sizes and small values of everything in a graph."""

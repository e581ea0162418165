"""Models of the tiny IR, a graph in JSON."""

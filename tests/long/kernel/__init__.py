"""A kernel of its own for the drivers to look at: ``python -m tests.long.kernel``."""

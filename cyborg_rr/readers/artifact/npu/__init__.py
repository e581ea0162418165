"""Programs for neural processors."""

"""From calls of aten to canonical operations, by the names of their arguments."""

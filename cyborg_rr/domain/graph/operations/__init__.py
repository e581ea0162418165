"""Canonical operations, one module per family; ``registry`` holds them all by name."""

"""Canonical operations: what is declared of each, room by room; ``registry`` finds them by name."""

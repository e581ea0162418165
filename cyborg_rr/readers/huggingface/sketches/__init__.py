"""Architectures that are drawn piece by piece, one module each."""

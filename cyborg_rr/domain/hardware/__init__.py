"""Accelerators and what identifies, describes and divides them."""

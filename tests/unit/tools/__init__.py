"""Scripts that make what the catalogue holds."""

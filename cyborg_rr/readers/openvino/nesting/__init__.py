"""Networks within layers: conditions, loops, and iterations over slices."""

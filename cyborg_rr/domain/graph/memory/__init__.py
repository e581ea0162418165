"""What is alive at the same time."""

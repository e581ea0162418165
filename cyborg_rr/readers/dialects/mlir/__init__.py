"""What modules of any dialect have in common: values by name, constants, calls of functions."""

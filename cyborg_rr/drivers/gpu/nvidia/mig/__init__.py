"""MIG: what a GPU can be cut into, and the instances that are made of it."""

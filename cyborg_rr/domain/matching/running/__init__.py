"""What executes a model: the runtimes that stand for each kind, and which one is meant."""

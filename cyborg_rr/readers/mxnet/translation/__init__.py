"""Rules that turn MXNet's operations into canonical ones; ``operations`` says which is whose."""

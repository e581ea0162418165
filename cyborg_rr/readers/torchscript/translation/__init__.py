"""From calls of aten to canonical operations, with shapes left to whoever binds the inputs."""

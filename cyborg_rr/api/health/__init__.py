"""GET /healthcheck: whether this process can work, and of what it needs, what does not answer."""

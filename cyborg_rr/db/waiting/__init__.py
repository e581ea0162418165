"""How long a connection waits for its server: one that takes connections may never answer."""

"""kill -9 of processes at seeded points under load, and what must hold after it."""

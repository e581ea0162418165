"""Cleaning what instances had before it is handed out again: steps, the hook, the workers."""

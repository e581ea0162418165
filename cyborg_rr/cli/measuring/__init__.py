"""Timing operators and models on a device, in the interpreter that has the runtime."""

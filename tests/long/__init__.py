"""Checks beside the test command: each is a program with a command of its own."""

"""Entries of catalogue files as they are written."""

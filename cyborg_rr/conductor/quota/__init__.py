"""Holding projects to how much they may hold."""

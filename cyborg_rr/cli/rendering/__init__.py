"""Answers as tables and lines for people."""

"""Hosts and their devices: what was reported, how it is stored, listed and handed out."""

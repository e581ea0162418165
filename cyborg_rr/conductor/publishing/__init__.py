"""Telling systems outside what the inventory is now."""

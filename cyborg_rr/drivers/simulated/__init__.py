"""Devices that exist only in the inventory, for demonstrations and tests."""

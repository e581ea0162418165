"""Families of which each device is a whole PCI function with known ids: rows, one driver."""

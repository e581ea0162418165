"""Functions of the PCI bus: one scan for all drivers, and what they do with them alike."""

"""Writing down what this host's sysfs says of its PCI functions, so that it can be looked at
elsewhere: serial numbers are blanked, and what is left out is said.
"""

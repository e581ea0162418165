"""NVIDIA: sysfs, and the vendor's library where it answers."""

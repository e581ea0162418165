"""Files that hold code of several kinds, for a host and for devices."""

"""What one of several devices holds and does: shardings carried from values to values."""

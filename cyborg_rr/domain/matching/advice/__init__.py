"""What helps where a device is refused: the nearest change that works, and the nearest device."""

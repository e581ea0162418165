"""Rules that turn TFLite operations into canonical ones."""

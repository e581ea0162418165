"""Models that take images, drawn piece by piece; those that came first are one folder above."""

"""What ONNX files are recognised by."""

from __future__ import annotations

MAX_IR_VERSION = 99
"""Beyond this the number is no version: the newest after eleven years is 14."""

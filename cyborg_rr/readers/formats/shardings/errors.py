"""What cannot be a sharding."""

from __future__ import annotations

from typing import Final

MAX_DEVICES: Final = 2**31
"""Devices of one program: XLA numbers them in 32 bits."""


class BadSharding(Exception):
    """A text that is no sharding, or none of the value that it stands at; says why."""

"""Reading a function's configuration space as sysfs shows it: does it answer, and its serial.

Only the first 64 bytes are shown to everybody; the extended space, with the serial, to root alone.

Source: PCI Express Base Specification: extended capabilities begin at 0x100 with a header of id
(bits 0-15), version (16-19) and offset of the next (20-31); Device Serial Number is 0x0003, with
the lower half of the number before the upper one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

HEADER_BYTES = 64
"""What a user without privileges is shown."""

_FIRST_CAPABILITY = 0x100
_END = 0x1000
_SERIAL_NUMBER = 0x0003
_MAX_CAPABILITIES = (_END - _FIRST_CAPABILITY) // 4

ReadConfig = Callable[[int, int], bytes]
"""Gives the bytes at an offset, fewer where there are none."""


def is_lost(header: bytes) -> bool:
    """Whether the header is what a bus gives for nobody: all ones.

    The ids alone prove nothing: a virtual function has 0xffff for both of them.
    """
    return len(header) >= HEADER_BYTES and header.count(0xFF) == len(header)


def is_virtual(header: bytes) -> bool:
    """Whether it is that of a virtual function: what tells vendor and device of it is all ones.

    Source: PCI Express Base Specification, SR-IOV: Vendor ID and Device ID of a VF are FFFFh.
    """
    return len(header) >= HEADER_BYTES and header[:4] == b"\xff" * 4 and not is_lost(header)


def find_serial(read: ReadConfig) -> str | None:
    """The Device Serial Number in 16 hexadecimal digits; None: it has none, or none of its own."""
    offset = _FIRST_CAPABILITY
    for _ in range(_MAX_CAPABILITIES):
        header = read(offset, 4)
        if len(header) < 4:
            return None
        (word,) = struct.unpack("<I", header)
        if word in (0, 0xFFFFFFFF):
            return None
        if word & 0xFFFF == _SERIAL_NUMBER:
            return _parse_serial(read(offset + 4, 8))
        offset = word >> 20 & ~3
        if not _FIRST_CAPABILITY <= offset < _END:
            return None
    return None


def _parse_serial(content: bytes) -> str | None:
    """Only a number that can be one board's own: a vendor's part and one that counts.

    It is an EUI-64: the upper 24 bits name the vendor. Boards that nobody numbered show zeros, all
    ones or one byte over and over.
    """
    if len(content) < 8 or len(set(content)) < 3:
        return None
    (number,) = struct.unpack("<Q", content)
    vendor, own = number >> 40, number & (1 << 40) - 1
    if vendor in (0, 0xFFFFFF) or own in (0, (1 << 40) - 1):
        return None
    return f"{number:016x}"

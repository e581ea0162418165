"""The configuration space of a function as it is recorded: what the standard defines, no more.

What a vendor keeps there may hold anything, so only the beginning of such a capability stays. The
device serial number is blanked, and what was last read from the vital product data is zeroed.
"""

from __future__ import annotations

from cyborg_rr.drivers.recording.blanking import Blanks

HEADER_BYTES = 64
CAPABILITY_BYTES = 256
CONFIG_BYTES = 4096

_STATUS = 0x06
_HAS_CAPABILITIES = 0x10
_FIRST_CAPABILITY = 0x34
_MAX_CAPABILITIES = 48
_MAX_EXTENDED = 480

CAPABILITIES = {
    0x01: 8,  # power management
    0x03: 4,  # vital product data: without the data register
    0x05: 24,  # message signalled interrupts
    0x0D: 8,  # subsystem ids of a bridge
    0x10: 60,  # PCI Express
    0x11: 12,  # extended message signalled interrupts
    0x13: 6,  # advanced features: function level reset
}
"""Bytes of each capability that are kept; ids and sizes as in Linux, uapi/linux/pci_regs.h."""

SERIAL_NUMBER = 0x0003
EXTENDED = {
    0x0001: 56,  # advanced error reporting
    SERIAL_NUMBER: 12,
    0x000D: 8,  # access control services
    0x000E: 8,  # alternative routing of ids
    0x000F: 8,  # address translation services
    0x0010: 64,  # virtual functions
    0x0013: 16,  # page requests
    0x0015: 52,  # resizable base addresses
    0x001B: 8,  # process address spaces
}
"""The same of the extended capabilities."""


NOBODY = bytes.fromhex("00fe02")
"""The upper three bytes of a blanked number: no vendor's, since they say that it is local."""


def blank_config(raw: bytes, blanks: Blanks) -> bytes:
    """The bytes to record, without zeros at the end, also when they are recorded again.

    Those of a function that has fallen off the bus are all ones.
    """
    if raw.strip(b"\xff") == b"":
        return raw[:HEADER_BYTES]
    raw = raw[:CONFIG_BYTES]
    if len(raw) > HEADER_BYTES:
        raw = raw.ljust(CAPABILITY_BYTES, b"\0")
    kept = bytearray(len(raw))
    kept[:HEADER_BYTES] = raw[:HEADER_BYTES]
    _keep_capabilities(raw, kept)
    _keep_extended(raw, kept, blanks)
    return bytes(kept).rstrip(b"\0").ljust(min(len(raw), HEADER_BYTES), b"\0")


def _keep_capabilities(raw: bytes, kept: bytearray) -> None:
    if len(raw) < CAPABILITY_BYTES or not raw[_STATUS] & _HAS_CAPABILITIES:
        return
    place = raw[_FIRST_CAPABILITY] & 0xFC
    for _ in range(_MAX_CAPABILITIES):
        if place < HEADER_BYTES:
            return
        _copy(raw, kept, place, CAPABILITIES.get(raw[place], 2), CAPABILITY_BYTES)
        place = raw[place + 1] & 0xFC


def _keep_extended(raw: bytes, kept: bytearray, blanks: Blanks) -> None:
    place = CAPABILITY_BYTES
    for _ in range(_MAX_EXTENDED):
        head = int.from_bytes(raw[place : place + 4], "little")
        if place < CAPABILITY_BYTES or place + 4 > len(raw) or head in (0, 0xFFFFFFFF):
            return
        _copy(raw, kept, place, EXTENDED.get(head & 0xFFFF, 4), len(raw))
        if head & 0xFFFF == SERIAL_NUMBER and place + 12 <= len(raw):
            kept[place + 4 : place + 12] = _blank_serial(raw[place + 4 : place + 12], blanks)
        place = head >> 20 & 0xFFC


def _blank_serial(number: bytes, blanks: Blanks) -> bytes:
    """A number in the place of an EUI-64: nothing of it is kept.

    Its vendor's part should be the upper three bytes, but NVIDIA's GPUs have theirs (48:b0:2d) at
    the other end, where it is the board's own part for others (NVIDIA/nvtrust, issue 128). A number
    that nobody gave (one byte, or two, over and over) stays what it is.
    """
    return number if len(set(number)) < 3 else blanks.blank_bytes(number)[:5] + NOBODY


def _copy(raw: bytes, kept: bytearray, place: int, length: int, end: int) -> None:
    end = min(place + length, end)
    kept[place:end] = raw[place:end]

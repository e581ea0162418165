"""How wide and how fast a function is connected, and could be.

Source: Linux Documentation/ABI/testing/sysfs-bus-pci: ``current_link_width``,
``current_link_speed`` (``16.0 GT/s PCIe``) and their ``max_`` twins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cyborg_rr.drivers.sysfs import Directory, Unreadable

MAX_WIDTH = 32
"""The widest link of the PCI Express Base Specification; the kernel shows 255 for none."""

_SPEED = re.compile(r"([0-9]{1,3}(?:\.[0-9])?) GT/s(?: PCIe)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Link:
    """Lanes, and gigatransfers per second of each; None where it is not known."""

    width: int | None
    max_width: int | None
    speed: float | None
    max_speed: float | None


def read_link(directory: Directory) -> Link:
    """The link as sysfs says; what is unreadable there is not known."""
    return Link(
        _find_width(directory, "current_link_width"),
        _find_width(directory, "max_link_width"),
        _find_speed(directory, "current_link_speed"),
        _find_speed(directory, "max_link_speed"),
    )


def _find_width(directory: Directory, name: str) -> int | None:
    try:
        width = directory.find_number(name)
    except Unreadable:
        return None
    return width if width is not None and 0 < width <= MAX_WIDTH else None


def _find_speed(directory: Directory, name: str) -> float | None:
    try:
        text = directory.find_text(name)
    except Unreadable:
        return None
    match = _SPEED.fullmatch(text or "")
    return float(match[1]) if match else None

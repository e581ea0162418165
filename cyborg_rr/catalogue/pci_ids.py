"""PCI ids as the catalogue writes them, with the functions that stand in brackets.

``8086:0b30 (VF 8086:0b31)`` and ``10ee:5020 (user 10ee:5021; golden d020)`` each name several
functions of one product; ``1e36:0021 (32GB)`` and ``10de:25b6 (subsystem 10de:157e)`` say which of
the products or variants with one id is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from cyborg_rr.domain.errors import InvalidInput

_ENTRY = re.compile(r"([0-9a-f]{4}):([0-9a-f]{4})\s*(?:\(([^()]*)\))?", re.ASCII | re.IGNORECASE)
_FUNCTION = re.compile(
    r"(VF|user|golden)\s+(?:([0-9a-f]{4}):)?([0-9a-f]{4})", re.ASCII | re.IGNORECASE
)
_SUBSYSTEM = re.compile(r"subsystem\s+([0-9a-f]{4}):([0-9a-f]{4})", re.ASCII | re.IGNORECASE)
_MEMORY = re.compile(r"(\d{1,4})\s*GB", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PciId:
    """One PCI id of a product and what it tells: its role (empty: the device itself)."""

    vendor_id: str
    device_id: str
    role: str = ""
    subsystem: tuple[str, str] | None = None
    memory_gib: float | None = None

    def render(self) -> str:
        """``vendor:device``."""
        return f"{self.vendor_id}:{self.device_id}"


def parse_pci_ids(text: str) -> tuple[PciId, ...]:
    """All ids in a catalogue cell; ``InvalidInput`` for anything that is not understood."""
    found: list[PciId] = []
    for part in re.split(r",(?![^(]*\))", text.lower().strip()):
        if part.strip():
            found += _parse_entry(part.strip())
    return tuple(found)


def _parse_entry(text: str) -> list[PciId]:
    match = _ENTRY.fullmatch(text)
    if match is None:
        raise InvalidInput(f"{text!r} is not a PCI id of the form vvvv:dddd (details)")
    device = PciId(match[1], match[2])
    functions: list[PciId] = []
    for detail in (match[3] or "").split(";"):
        if not detail.strip():
            continue
        if function := _FUNCTION.fullmatch(detail.strip()):
            role = function[1].lower()
            functions.append(PciId(function[2] or device.vendor_id, function[3], role))
        elif subsystem := _SUBSYSTEM.fullmatch(detail.strip()):
            device = replace(device, subsystem=(subsystem[1], subsystem[2]))
        elif memory := _MEMORY.fullmatch(detail.strip()):
            device = replace(device, memory_gib=float(memory[1]))
        else:
            raise InvalidInput(
                f"{detail.strip()!r} in {text!r} is neither VF, user or golden with an id, nor"
                " subsystem vvvv:dddd, nor a memory size such as 32GB"
            )
    return [device, *functions]

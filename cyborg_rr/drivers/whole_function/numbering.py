"""What a vendor's kernel driver says of one of its devices: its number, node and serial number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cyborg_rr.drivers.driver import Memory
from cyborg_rr.drivers.pci.reading.function import PciFunction
from cyborg_rr.drivers.pci.remembering import recall, remember
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable, render_safe
from cyborg_rr.drivers.whole_function.families import Family, Numbering

MAX_DEVICE_NUMBER = 1023

_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)
_SERIAL = re.compile(r"[0-9A-Za-z._:-]{1,100}", re.ASCII)
_NO_SERIAL = re.compile(r"(?:0x)?[0.: -]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Numbered:
    """One function with what its kernel driver says of it; None where it says nothing.

    There is a ``device_node`` only while that driver has it.
    """

    function: PciFunction
    number: int | None = None
    device_node: str | None = None
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What still holds of a function while its kernel driver does not have it."""

    number: int | None = None
    identity: str | None = None


def read_number(sysfs: Sysfs, function: PciFunction, family: Family, memory: Memory) -> Numbered:
    """What the family's kernel driver says of the function, else what it said before.

    ``Unreadable`` for a number that no device can have.
    """
    numbering = family.numbering
    if numbering is None:
        return Numbered(function)
    if function.driver != numbering.kernel_driver:
        known = recall(memory, function, Remembered) or Remembered()
        return Numbered(function, known.number, None, known.identity)
    seen = _read(sysfs, function, numbering)
    remember(memory, function, Remembered(seen.number, seen.identity))
    return seen


def _read(sysfs: Sysfs, function: PciFunction, numbering: Numbering) -> Numbered:
    if "/" not in numbering.file:
        with sysfs.open(function.path) as directory:
            number = directory.find_number(numbering.file) if directory else None
        return _describe(function, numbering, number, None)
    place, _, form = numbering.file.partition("/")
    for name in sysfs.names(f"{function.path}/{place}"):
        text = name.removeprefix(form.removesuffix("*"))
        if text != name and _NUMBER.fullmatch(text):
            serial = _find_serial(sysfs, f"{function.path}/{place}/{name}", numbering.serial_file)
            return _describe(function, numbering, int(text), serial)
    return Numbered(function)


def _describe(
    function: PciFunction, numbering: Numbering, number: int | None, serial: str | None
) -> Numbered:
    if number is None:
        return Numbered(function)
    if not 0 <= number <= MAX_DEVICE_NUMBER:
        raise Unreadable(f"{numbering.file}: {number} is not the number of a device")
    node = numbering.device_node.format(number=number)
    vendor_id = function.identity.vendor_id
    return Numbered(function, number, node, f"serial:{vendor_id}:{serial}" if serial else None)


def _find_serial(sysfs: Sysfs, path: str, name: str) -> str | None:
    """A board's serial number; None where there is none, or only nought."""
    if not name:
        return None
    with sysfs.open(path) as directory:
        text = directory.find_text(name) if directory else None
    if text is None or _NO_SERIAL.fullmatch(text):
        return None
    if not _SERIAL.fullmatch(text):
        raise Unreadable(f"{name}: {render_safe(text)[:40]!a} is not a serial number")
    return text.lower()

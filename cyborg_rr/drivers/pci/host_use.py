"""What the host itself does with its PCI functions: file systems, swap, interfaces that are up.

Which block device or interface belongs to which function is read once in a look, from where the
links of the two classes point. Mounts and swap stand in the kernel's other tree, ``proc``; where
there is none (a recorded tree), none is known. What stands nowhere (a disk of ZFS, the further ones
of btrfs) the kernel tells when it is asked; a disk of which it cannot be asked counts as used.

Sources: Linux Documentation/filesystems/proc.rst (mountinfo), Documentation/ABI/testing/
sysfs-class-net (``operstate``, ``carrier``), sysfs-block (``holders``); Linux block/genhd.c
(``hidden``).
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.privileged import acts
from cyborg_rr.drivers.privileged.blocks import NotAsked
from cyborg_rr.drivers.privileged.writing import NotWritten
from cyborg_rr.drivers.sysfs import Directory, Sysfs, Unreadable, render_safe

_ADDRESS = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]", re.ASCII)
_CONTROLLER = re.compile(r"nvme[0-9]{1,6}", re.ASCII)
_SUBSYSTEM = "/nvme-subsystem/"
_ABOVE = re.compile(r"upper_.+|master|brport")
_UP, _UNKNOWN = "up", "unknown"
MAX_TABLE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mounts:
    """What is mounted or swapped to, by the names of block devices and by their numbers."""

    names: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()


class _Use(Enum):
    NONE = "none"
    USED = "used"
    UNKNOWN = "unknown"


def parse_proc(options: Mapping[str, object]) -> str | None:
    """Where the option ``proc`` says that the kernel's other tree is."""
    proc = options.get("proc")
    return proc if isinstance(proc, str) else None


class HostUse:
    """The block devices and interfaces of a host's PCI functions at one moment."""

    def __init__(self, sysfs: Sysfs, proc: str | None) -> None:
        self._sysfs = sysfs
        self._blocks = _list_by_function(sysfs, "class/block")
        self._interfaces = _list_by_function(sysfs, "class/net")
        self._mounts = Mounts() if proc is None else read_mounts(proc)
        self._known: dict[str, _Use] = {}
        self._has_helper = True

    def find(self, address: PciAddress, *, is_named: bool = False) -> str | None:
        """What the host does with the function there, in words; None: nothing.

        A block device of which nobody can say whether it is used counts as used, unless the
        operator named the function.
        """
        for name in self._blocks.get(address, ()):
            use = self._find_block_use(name)
            if use is _Use.USED:
                return f"the host uses its block device {render_safe(name)}"
            if use is _Use.UNKNOWN and not is_named:
                return f"nobody can say whether the host uses its block device {render_safe(name)}"
        for name in self._interfaces.get(address, ()):
            if self._is_interface_up(name):
                return f"its interface {render_safe(name)} is up or part of another"
        return None

    def find_block(self, address: PciAddress) -> str | None:
        """The name of a block device of the function, used or not."""
        return next((render_safe(name) for name in self._blocks.get(address, ())), None)

    def _find_block_use(self, name: str) -> _Use:
        if name not in self._known:
            try:
                self._known[name] = self._read_block_use(name)
            except Unreadable:
                self._known[name] = _Use.UNKNOWN
        return self._known[name]

    def _read_block_use(self, name: str) -> _Use:
        if name in self._mounts.names or self._sysfs.names(f"class/block/{name}/holders"):
            return _Use.USED
        with self._sysfs.open(f"class/block/{name}") as directory:
            number = directory.find_text("dev") if directory else None
            is_hidden = directory is not None and directory.find_text("hidden") == "1"
        if number in self._mounts.numbers:
            return _Use.USED
        if is_hidden:
            return _Use.NONE  # a path to a disk that has a block device of its own
        return self._ask(name, number) if number and self._has_helper else _Use.UNKNOWN

    def _ask(self, name: str, number: str) -> _Use:
        try:
            return _Use.USED if acts.is_block_busy(self._sysfs, name, number) else _Use.NONE
        except NotWritten:
            self._has_helper = False  # nor has it for the next one
        except NotAsked:
            pass
        return _Use.UNKNOWN

    def _is_interface_up(self, name: str) -> bool:
        try:
            with self._sysfs.open(f"class/net/{name}") as directory:
                return directory is not None and _is_connected(directory)
        except Unreadable:
            return False


def _is_connected(directory: Directory) -> bool:
    """An interface that does not say may have a carrier, which it has only while it is in use."""
    state = directory.find_text("operstate")
    if state == _UP or (state == _UNKNOWN and _has_carrier(directory)):
        return True
    return any(_ABOVE.fullmatch(entry) for entry in directory.names())


def _has_carrier(directory: Directory) -> bool:
    with suppress(Unreadable):  # what an interface that is down says
        return directory.find_number("carrier") == 1
    return False


def _list_by_function(sysfs: Sysfs, path: str) -> Mapping[PciAddress, list[str]]:
    """The members of a class by the function nearest above each; partitions are members too."""
    found: defaultdict[PciAddress, list[str]] = defaultdict(list)
    for name, target in _read_links(sysfs, path):
        for address in _list_functions_above(sysfs, target):
            found[address].append(name)
    return found


def _read_links(sysfs: Sysfs, path: str) -> list[tuple[str, str]]:
    """The links in a directory and where they point; none when it cannot be read."""
    links = []
    with suppress(Unreadable), sysfs.open(path) as directory:
        for name in directory.names() if directory else ():
            with suppress(Unreadable):  # no link
                links.append((name, (directory and directory.find_link(name)) or ""))
    return links


def _list_functions_above(sysfs: Sysfs, target: str) -> Iterator[PciAddress]:
    if _SUBSYSTEM in target:  # one disk that several NVMe controllers share
        subsystem = target.partition(_SUBSYSTEM)[2].partition("/")[0]
        yield from _list_controllers(sysfs, subsystem)
        return
    names = [part for part in target.split("/") if _ADDRESS.fullmatch(part)]
    try:
        if names:
            yield PciAddress.parse(names[-1])
    except InvalidInput:
        return


def _list_controllers(sysfs: Sysfs, subsystem: str) -> Iterator[PciAddress]:
    for name, target in _read_links(sysfs, f"class/nvme-subsystem/{subsystem}"):
        if _CONTROLLER.fullmatch(name):
            yield from _list_functions_above(sysfs, target.replace(_SUBSYSTEM, "/"))


def read_mounts(proc: str) -> Mounts:
    """The mounts and swap areas that the kernel tells below ``proc``."""
    names: set[str] = set()
    numbers: set[str] = set()
    for line in _read_lines(os.path.join(proc, "self/mountinfo")):
        before, _, after = line.partition(" - ")
        fields, source = before.split(" "), after.split(" ")
        if len(fields) > 2:
            numbers.add(fields[2])
        if len(source) > 1 and source[1].startswith("/dev/"):
            names.add(os.path.basename(source[1]))
    for line in _read_lines(os.path.join(proc, "swaps")):
        if line.startswith("/dev/"):
            names.add(os.path.basename(line.split(" ")[0].split("\t")[0]))
    return Mounts(frozenset(names), frozenset(numbers))


def _read_lines(path: str) -> list[str]:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_TABLE_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return []

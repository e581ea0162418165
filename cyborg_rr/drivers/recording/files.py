"""One directory below sysfs, written down with the directories in it: bounded, no link followed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.recording.blanking import Blanks
from cyborg_rr.drivers.recording.config_space import CAPABILITY_BYTES, HEADER_BYTES, blank_config
from cyborg_rr.drivers.sysfs import Directory, Kind, Sysfs, Unreadable, render_safe

LINK = "-> "
"""What the value of a link begins with."""

CONFIG = "config"
HEX = "0x"
"""What the value of a binary file begins with: its bytes in hexadecimal digits."""

MAX_VALUE_BYTES = 4096
"""Of a text; the kernel gives a page at most."""

MAX_DEPTH = 8
MAX_ENTRIES_OF_FUNCTION = 600
"""Files and directories that are read for one function."""

MAX_BYTES = 16 << 20
"""Of all values together."""

MAX_LEFT_OUT = 500
"""Places that are named; more are only counted."""

_NEVER_READ = re.compile(r"resource[0-9]+(_wc)?|rom|vpd", re.ASCII)
"""The device's own memory; its vital product data is made of serial numbers."""

_NEVER_ENTERED = re.compile(
    r"power|msi_irqs|pci_bus|queues?|mq|statistics|trace|integrity|i2c-[0-9]+|.*:pcie[0-9]+"
)
"""Directories of the kernel's own bookkeeping; they say nothing of a device."""


class Files:
    """What has been written down so far: directories with their entries, and what was left out."""

    def __init__(self, sysfs: Sysfs, blanks: Blanks) -> None:
        self._sysfs = sysfs
        self._blanks = blanks
        self._bytes_left = MAX_BYTES
        self._entries_left = 0
        self._function = ""
        self.entries: dict[str, dict[str, str]] = {}
        self.left_out: dict[str, str] = {}
        self.left_out_count = 0
        self.blanked: list[str] = []

    def record_function(self, path: str) -> None:
        """A function with everything below it."""
        self._entries_left = MAX_ENTRIES_OF_FUNCTION
        self._function = path
        self._record(path, MAX_DEPTH)

    def record_file(self, path: str, name: str) -> None:
        """One file of a directory that is not a function's, where there is one."""
        self._entries_left = 1
        try:
            with self._sysfs.open(path) as directory:
                if directory is not None and directory.find_kind(name) is Kind.FILE:
                    self._record_text(directory, path, name)
        except Unreadable as error:
            self.leave_out(f"{path}/{name}", error)

    def record_links(self, path: str, recorded: frozenset[str]) -> None:
        """Those links of a directory that lead to what is recorded; nothing when it has none."""
        try:
            with self._sysfs.open(path) as directory:
                for name in directory.names() if directory is not None else ():
                    target = self._find_target(directory, name) if directory else None
                    if target is not None and _leads_to(path, target, recorded):
                        self._add(path, name, LINK + self._blanks.blank_path(target))
        except Unreadable as error:
            self.leave_out(path, error)

    def leave_out(self, place: str, cause: object) -> None:
        """Say that something is not in the recording, and why."""
        self.left_out_count += 1
        if len(self.left_out) < MAX_LEFT_OUT:
            self.left_out[self._blanks.blank_path(render_safe(place))] = render_safe(str(cause))

    def _record(self, path: str, depth: int) -> None:
        if depth == 0:
            self.leave_out(path, f"more than {MAX_DEPTH} directories deep")
            return
        try:
            self._count_entry()
            with self._sysfs.open(path) as directory:
                below = list(self._record_entries(directory, path)) if directory else []
        except Unreadable as error:
            self.leave_out(path, error)
            return
        for name in below:
            self._record(f"{path}/{name}", depth - 1)

    def _record_entries(self, directory: Directory, path: str) -> Iterator[str]:
        """Write down files and links; the names of the directories to go on with."""
        for name in directory.names():
            if not _is_text(name):
                self.leave_out(f"{path}/{name}", "its name is not text")
                continue
            try:
                kind = directory.find_kind(name)
                if kind is Kind.DIRECTORY and not _is_another(name):
                    yield name
                elif kind is Kind.LINK:
                    self._record_link(directory, path, name)
                elif kind is Kind.FILE and not _NEVER_READ.fullmatch(name):
                    self._record_text(directory, path, name)
            except Unreadable as error:
                self.leave_out(f"{path}/{name}", error)

    def _record_link(self, directory: Directory, path: str, name: str) -> None:
        target = directory.find_link(name)
        if target is None:
            return
        if not _is_text(target) or not _leads_to(path, target, None):
            raise Unreadable("leads out of the tree")
        self._add(path, name, LINK + self._blanks.blank_path(target))

    def _record_text(self, directory: Directory, path: str, name: str) -> None:
        self._count_entry()
        content = directory.find_bytes(name)
        if content is None:
            return
        if name == CONFIG:
            self._record_config(path, content)
            return
        text = _parse_text(content)
        blanked = self._blanks.blank_value(name, text)
        if blanked != text:
            self.blanked.append(f"{self._blanks.blank_path(path)}/{name}")
        self._add(path, name, blanked)

    def _record_config(self, path: str, content: bytes) -> None:
        """The configuration space; nothing else that is called so is understood."""
        if path != self._function:
            raise Unreadable("not the configuration space of a function")
        if HEADER_BYTES <= len(content) < CAPABILITY_BYTES:
            self.leave_out(f"{path}/{CONFIG}", f"beyond byte {len(content)}: not to be read")
        self._add(path, CONFIG, HEX + blank_config(content, self._blanks).hex())

    def _count_entry(self) -> None:
        if self._entries_left <= 0:
            raise Unreadable(f"more than {MAX_ENTRIES_OF_FUNCTION} entries of one function")
        self._entries_left -= 1

    def _find_target(self, directory: Directory, name: str) -> str | None:
        if not _is_text(name) or directory.find_kind(name) is not Kind.LINK:
            return None
        target = directory.find_link(name)
        return target if target is not None and _is_text(target) else None

    def _add(self, path: str, name: str, value: str) -> None:
        size = len(path) + len(name) + len(value)
        if size > self._bytes_left:
            raise Unreadable(f"more than {MAX_BYTES} bytes in all")
        self._bytes_left -= size
        entries = self.entries.setdefault(self._blanks.blank_path(path), {})
        entries[self._blanks.blank_path(name)] = value


def _parse_text(content: bytes) -> str:
    if len(content) > MAX_VALUE_BYTES:
        raise Unreadable(f"larger than {MAX_VALUE_BYTES} bytes")
    try:
        text = content.decode("utf-8").removesuffix("\n")
    except UnicodeDecodeError:
        raise Unreadable("is not text") from None
    if "\0" in text:
        raise Unreadable("is not text")
    if text.startswith(LINK):
        raise Unreadable("reads like a link")
    return text


def _is_text(name: str) -> bool:
    """Whether a name or the target of a link is UTF-8; other bytes come as lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _is_another(name: str) -> bool:
    """Whether a directory in a function's is another function, or nothing of the device."""
    try:
        PciAddress.parse(name)
    except InvalidInput:
        return _NEVER_ENTERED.fullmatch(name) is not None
    return True


def _leads_to(path: str, target: str, recorded: frozenset[str] | None) -> bool:
    """Whether a link, as it reads, leads into one of these directories (None: the tree)."""
    led = path.split("/")
    for part in target.split("/"):
        if part == "..":
            if not led:
                return False
            led.pop()
        elif part not in ("", "."):
            led.append(part)
    if recorded is None:
        return not target.startswith("/")
    return any("/".join(led[:length]) in recorded for length in range(1, len(led) + 1))

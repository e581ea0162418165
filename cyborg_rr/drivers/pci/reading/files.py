"""The files of one function that only some ask for: read when somebody does, and once in a look.

What is unreadable here is not known, as if the file were not there: no device is lost for it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from cyborg_rr.drivers.pci.reading.config_space import (
    HEADER_BYTES,
    find_serial,
    is_lost,
    is_virtual,
)
from cyborg_rr.drivers.pci.reading.link import Link, read_link
from cyborg_rr.drivers.pci.reading.picture import (
    CARDS,
    FRAMEBUFFERS,
    has_framebuffer,
    is_lit,
)
from cyborg_rr.drivers.sysfs import Directory, Unreadable, open_resolved

T = TypeVar("T")

_TOTAL = re.compile(rb"^TOTAL_ERR_FATAL ([0-9]{1,18})$", re.MULTILINE)

SLEEPS_WITHOUT_POWER = "D3cold"


class FunctionFiles:
    """The directory of one function, of which each fact is read at most once."""

    __slots__ = ("_real_path", "_path", "_names", "_known")

    def __init__(self, real_path: str, path: str, names: frozenset[str]) -> None:
        self._real_path = real_path
        self._path = path
        self._names = names
        self._known: dict[str, Any] = {}

    def has(self, name: str) -> bool:
        """Whether there was an entry of this name when the function was read."""
        return name in self._names

    @contextmanager
    def open(self) -> Iterator[Directory]:
        """The directory of the function; ``Unreadable`` when it has gone."""
        with open_resolved(self._real_path, self._path) as directory:
            yield directory

    @contextmanager
    def open_folder(self, name: str) -> Iterator[Directory | None]:
        """A directory in that of the function; None: there was none when it was read.

        ``Unreadable`` for a link: what is the function's own lies in its directory.
        """
        if not self.has(name):
            yield None
            return
        with open_resolved(f"{self._real_path}/{name}", f"{self._path}/{name}") as directory:
            yield directory

    @property
    def parent_name(self) -> str:
        """What the directory above is called: the address of the port, or a root bus."""
        return os.path.basename(os.path.dirname(self._real_path))

    def read_state(self, directory: Directory) -> None:
        """Read what is asked of every function while its directory is open anyhow."""
        state = self._read("power_state", _read_power_state, directory=directory)
        if state != SLEEPS_WITHOUT_POWER:  # else the kernel would wake it up for the answer
            self._read("config", _read_header, directory=directory)

    def power_state(self) -> str | None:
        """The state of its power (D0, D3hot ...)."""
        return self._read("power_state", _read_power_state)

    def is_answering(self) -> bool:
        """Whether the function is there for the bus too."""
        if self.power_state() == SLEEPS_WITHOUT_POWER:
            return False
        header = self._read("config", _read_header)
        return header is None or not is_lost(header)

    def shows_picture(self) -> bool:
        """Whether the host shows something on it."""
        return bool(self._read(FRAMEBUFFERS, has_framebuffer) or self._read(CARDS, is_lit))

    def is_virtual(self) -> bool:
        """Whether its configuration space is that of a virtual function."""
        header = self._read("config", _read_header)
        return header is not None and is_virtual(header)

    def serial(self) -> str | None:
        """Its serial number, if it is awake and this process may read it."""
        if not self.is_answering():
            return None
        return self._read("config", _read_serial, key="serial")

    def link(self) -> Link | None:
        """Its link, if it has one."""
        return self._read("current_link_width", read_link)

    def reset_methods(self) -> tuple[str, ...] | None:
        """The ways in which the kernel can reset it, best first."""
        if not self.has("reset_method"):
            return None
        text = self._read("reset_method", lambda files: files.find_text("reset_method"))
        return tuple((text or "").split())

    def fatal_errors(self) -> int | None:
        """The total of the kernel's counters of fatal errors."""
        return self._read("aer_dev_fatal", _read_fatal_errors)

    def number(self, name: str) -> int | None:
        """A decimal number that is not negative."""
        number = self._read(name, lambda files: files.find_number(name))
        return number if number is not None and number >= 0 else None

    def _read(
        self,
        name: str,
        read: Callable[[Directory], T | None],
        key: str | None = None,
        directory: Directory | None = None,
    ) -> T | None:
        if name not in self._names:
            return None
        key = key or name
        if key not in self._known:
            try:
                if directory is not None:
                    self._known[key] = read(directory)
                else:
                    with self.open() as opened:
                        self._known[key] = read(opened)
            except Unreadable:
                self._known[key] = None
        found: T | None = self._known[key]
        return found


def _read_power_state(directory: Directory) -> str | None:
    return directory.find_text("power_state")


def _read_header(directory: Directory) -> bytes | None:
    return directory.find_range("config", 0, HEADER_BYTES)


def _read_serial(directory: Directory) -> str | None:
    return find_serial(lambda offset, size: directory.find_range("config", offset, size) or b"")


def _read_fatal_errors(directory: Directory) -> int | None:
    """The last line of a table; source: Linux ABI/testing/sysfs-bus-pci-devices-aer_stats."""
    content = directory.find_bytes("aer_dev_fatal")
    match = _TOTAL.search(content or b"")
    return int(match[1]) if match else None

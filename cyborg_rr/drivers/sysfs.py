"""Reading below one sysfs root: confined, bounded, and never trusting what a file says.

A directory is opened only when its real path lies below the root; inside it, files are opened by
plain name, without following links, and must be regular files of bounded size.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

from cyborg_rr.drivers.driver import DiscoveryFailed

MAX_FILE_BYTES = 64 * 1024
MAX_DIRECTORY_ENTRIES = 100_000
MAX_TEXT_LENGTH = 255

_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_HEX = re.compile(r"[0-9a-fA-F]+", re.ASCII)
_READABLE = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
_DECIMAL = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class Unreadable(Exception):
    """A device's files cannot be read or say nonsense; the text names the file and the cause."""


class Kind(Enum):
    """What an entry of a directory is; a file that nobody may read is ``OTHER``."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    OTHER = "other"


class Directory:
    """An open directory below the root; its files are read by plain name."""

    def __init__(self, descriptor: int, path: str) -> None:
        self.descriptor = descriptor
        self.path = path

    def names(self) -> tuple[str, ...]:
        """The entries, sorted."""
        try:
            entries = os.listdir(self.descriptor)
        except OSError as error:
            raise Unreadable(f"{self.path}: {error.strerror}") from None
        if len(entries) > MAX_DIRECTORY_ENTRIES:
            raise Unreadable(f"{self.path}: more than {MAX_DIRECTORY_ENTRIES} entries")
        return tuple(sorted(entries))

    def find_bytes(self, name: str) -> bytes | None:
        """The content of a file; None when there is none."""
        content = self.find_range(name, 0, MAX_FILE_BYTES + 1)
        if content is not None and len(content) > MAX_FILE_BYTES:
            raise Unreadable(f"{name}: larger than {MAX_FILE_BYTES} bytes")
        return content

    def find_range(self, name: str, offset: int, size: int) -> bytes | None:
        """At most so many bytes of a file from an offset on; None when there is no file.

        Fewer come back when the file is shorter, or when the kernel shows no more to this user.
        """
        if "/" in name or "\0" in name or name in ("", ".", ".."):
            raise Unreadable(f"{self.path}: {name!r} is not a file name")
        try:
            file = os.open(name, _OPEN_FILE, dir_fd=self.descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreadable(f"{name}: {error.strerror}") from None
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise Unreadable(f"{name}: not a regular file")
            return os.pread(file, size, offset)  # a regular file gives all it has
        except OSError as error:
            raise Unreadable(f"{name}: {error.strerror}") from None
        finally:
            os.close(file)

    def find_text(self, name: str) -> str | None:
        """One line of text for people, safe to print; None when there is no file or no text."""
        content = self.find_bytes(name)
        return None if content is None else render_safe(content.decode("utf-8", "replace")) or None

    def find_hex(self, name: str, digits: int) -> str | None:
        """A hexadecimal number of so many digits, in lower case without ``0x``; None: no file."""
        content = self.find_bytes(name)
        if content is None:
            return None
        text = content.decode("utf-8", "replace").strip().removeprefix("0x")
        if len(text) != digits or not _HEX.fullmatch(text):
            raise Unreadable(
                f"{name}: {_quote(text)} is not a hexadecimal number of {digits} digits"
            )
        return text.lower()

    def get_hex(self, name: str, digits: int) -> str:
        """Like ``find_hex``, but the file must be there."""
        value = self.find_hex(name, digits)
        if value is None:
            raise Unreadable(f"{name}: is missing")
        return value

    def find_number(self, name: str) -> int | None:
        """A decimal number; None when there is no file."""
        content = self.find_bytes(name)
        if content is None:
            return None
        text = content.decode("utf-8", "replace").strip()
        if not _DECIMAL.fullmatch(text):
            raise Unreadable(f"{name}: {_quote(text)} is not a decimal number")
        return int(text)

    def find_link(self, name: str) -> str | None:
        """Where a link points, without following it; None when there is none."""
        try:
            return os.readlink(name, dir_fd=self.descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreadable(f"{name}: {error.strerror}") from None

    def find_link_name(self, name: str) -> str | None:
        """The last part of where a link points, without following it; None when there is none."""
        target = self.find_link(name)
        return None if target is None else os.path.basename(target)

    def find_kind(self, name: str) -> Kind | None:
        """What an entry is, without following or opening it; None when there is none."""
        try:
            mode = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreadable(f"{name}: {error.strerror}") from None
        if stat.S_ISLNK(mode):
            return Kind.LINK
        if stat.S_ISDIR(mode):
            return Kind.DIRECTORY
        return Kind.FILE if stat.S_ISREG(mode) and mode & _READABLE else Kind.OTHER

    @contextmanager
    def open_child(self, name: str) -> Iterator[Directory]:
        """A directory in this one, while the block runs; ``Unreadable`` for a link, or none."""
        try:
            descriptor = os.open(name, _OPEN_DIRECTORY, dir_fd=self.descriptor)
        except OSError as error:
            raise Unreadable(f"{self.path}/{name}: {error.strerror}") from None
        child = Directory(descriptor, f"{self.path}/{name}")
        try:
            yield child
        finally:
            child.close()

    def close(self) -> None:
        """Let go of it; it is of no use any more."""
        os.close(self.descriptor)


class Sysfs:
    """The files below one root, normally ``/sys``."""

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)

    def check(self) -> None:
        """``DiscoveryFailed`` when the root is no sysfs: then absence of devices proves nothing."""
        if not os.path.isdir(os.path.join(self.root, "bus")):
            raise DiscoveryFailed(f"{self.root} is not a sysfs: it has no directory bus")

    def resolve(self, path: str) -> str | None:
        """The real path of ``path`` (relative to the root); None when there is nothing.

        ``Unreadable`` when it leads out of the root or runs in circles.
        """
        try:
            real = os.path.realpath(os.path.join(self.root, path), strict=True)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unreadable(f"{path}: {error.strerror}") from None
        if real != self.root and not real.startswith(self.root.rstrip("/") + "/"):
            raise Unreadable(f"{path}: leads out of {self.root}")
        return real

    @contextmanager
    def open(self, path: str) -> Iterator[Directory | None]:
        """The directory at ``path`` below the root while the block runs; None: not there."""
        real = self.resolve(path)
        if real is None:
            yield None
            return
        with open_resolved(real, path) as directory:
            yield directory

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted entries of a directory; none when it is not there."""
        with self.open(path) as directory:
            return directory.names() if directory else ()


def open_directory(real: str, path: str) -> Directory:
    """The directory at a path that ``Sysfs.resolve`` gave for ``path``; to be closed."""
    try:
        return Directory(os.open(real, _OPEN_DIRECTORY), path)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None


@contextmanager
def open_resolved(real: str, path: str) -> Iterator[Directory]:
    """The directory at a path that ``Sysfs.resolve`` gave for ``path``, while the block runs."""
    directory = open_directory(real, path)
    try:
        yield directory
    finally:
        directory.close()


class LinkedPaths:
    """Where the links of one directory lead, as ``Sysfs.resolve`` says, but in fewer steps.

    The devices of a bus are links to directories of few parents: each parent is resolved once. What
    such a path ends in is no link, or ``open_directory`` refuses it.
    """

    def __init__(self, sysfs: Sysfs, directory: str) -> None:
        self._sysfs = sysfs
        self._directory = directory
        self._parents: dict[str, str | None] = {}

    def resolve(self, name: str) -> str | None:
        """The real path behind the link; None when there is none."""
        path = f"{self._directory}/{name}"
        try:
            target = os.readlink(os.path.join(self._sysfs.root, path))
        except OSError:
            return self._sysfs.resolve(path)
        parent, _, last = target.rpartition("/")
        if not parent or last in ("", ".", ".."):
            return self._sysfs.resolve(path)
        if parent not in self._parents:
            self._parents[parent] = self._sysfs.resolve(os.path.join(self._directory, parent))
        real = self._parents[parent]
        return None if real is None else f"{real}/{last}"


def render_safe(text: str) -> str:
    """Text from a device without control characters, in one line of bounded length."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())[:MAX_TEXT_LENGTH]
    plain = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    return " ".join(plain.split())[:MAX_TEXT_LENGTH]


def _quote(text: str) -> str:
    return ascii(text if len(text) <= 40 else text[:40] + "...")

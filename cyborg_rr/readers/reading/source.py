"""What a reader reads: one file, or a folder, with the files that lie beside it or in it."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

Buffer = bytes | mmap.mmap
"""The bytes of a file; a map of the file for anything large, so that weights stay on disk."""

HEAD_BYTES = 65536
"""How much of a file's beginning is looked at before anything else."""


def let_go(data: Buffer) -> None:
    """Have a map give back the memory of its pages; one that is looked at is read again."""
    if isinstance(data, mmap.mmap):
        data.madvise(mmap.MADV_DONTNEED)


def decode(data: Buffer, encoding: str = "utf-8", errors: str = "strict") -> str:
    """The text of a file without a copy of its bytes; a map gives its pages back.

    Raises ``UnicodeDecodeError``.
    """
    with memoryview(data) as view:
        text = str(view, encoding, errors)
    let_go(data)
    return text


class Folder(Protocol):
    """Files of one folder, by their names in it: nothing outside of it can be reached.

    Names come from the file that is read, so they are believed no more than it is: one that is not
    in the folder, or is more than a name in it, is refused with ``UnreadableModel``.
    """

    @property
    def files(self) -> Mapping[str, int]:
        """Sizes in bytes of the files in it, by name, in the order of names."""
        ...

    @property
    def folders(self) -> tuple[str, ...]:
        """Names of the folders in it, in order."""
        ...

    def open(self, name: str) -> Buffer:
        """The bytes of a file in it; the same ones each time."""
        ...

    def enter(self, name: str) -> Folder:
        """A folder in it."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """What is read as one model: a file, or a folder.

    ``name`` is for people: it is no path, and nothing is opened by it. ``data`` are the bytes of
    the file, none where the folder itself was given. ``folder`` is the folder that was given, or
    the one around the file; None where nothing lies beside the file, as with an upload.
    """

    name: str
    data: Buffer = b""
    folder: Folder | None = None
    is_folder: bool = False

    @property
    def head(self) -> bytes:
        """A copy of the first ``HEAD_BYTES`` of the file."""
        return bytes(self.data[:HEAD_BYTES])

    @property
    def size_bytes(self) -> int:
        """The length of the file, or of all files of the folder together."""
        if self.is_folder and self.folder is not None:
            return sum(self.folder.files.values())
        return len(self.data)

    @property
    def files(self) -> Mapping[str, int]:
        """The files of the folder that was given; none where a file was."""
        return self.folder.files if self.is_folder and self.folder is not None else {}

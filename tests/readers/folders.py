"""A folder in memory, for sources that tests make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cyborg_rr.domain.errors import UnreadableModel


@dataclass
class MemoryFolder:
    """Files and folders by name, as ``Folder`` gives them."""

    contents: Mapping[str, bytes]
    inner: Mapping[str, MemoryFolder] = field(default_factory=dict)

    @property
    def files(self) -> Mapping[str, int]:
        """See ``Folder.files``."""
        return {name: len(content) for name, content in sorted(self.contents.items())}

    @property
    def folders(self) -> tuple[str, ...]:
        """See ``Folder.folders``."""
        return tuple(sorted(self.inner))

    def open(self, name: str) -> bytes:
        """See ``Folder.open``."""
        if name not in self.contents:
            raise UnreadableModel("there is no such file in the folder")
        return self.contents[name]

    def enter(self, name: str) -> MemoryFolder:
        """See ``Folder.enter``."""
        if name not in self.inner:
            raise UnreadableModel("there is no such folder in the folder")
        return self.inner[name]


def load_folder(path: Path) -> MemoryFolder:
    """A folder of the tree, with all that is in it."""
    entries = sorted(path.iterdir())
    return MemoryFolder(
        {entry.name: entry.read_bytes() for entry in entries if entry.is_file()},
        {entry.name: load_folder(entry) for entry in entries if entry.is_dir()},
    )


def change_file(folder: MemoryFolder, place: tuple[str, ...], content: bytes) -> MemoryFolder:
    """The folder with another content at that place."""
    name, *rest = place
    if not rest:
        return MemoryFolder({**folder.contents, name: content}, folder.inner)
    changed = change_file(folder.inner[name], tuple(rest), content)
    return MemoryFolder(folder.contents, {**folder.inner, name: changed})


def list_places(folder: MemoryFolder) -> list[tuple[str, ...]]:
    """Where its files are."""
    inner = [(name, *rest) for name in folder.folders for rest in list_places(folder.inner[name])]
    return [(name,) for name in folder.files] + inner

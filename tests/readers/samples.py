"""The samples of each reader, in ``tests/data/<name of its entry point>``.

Files stand there, folders that are read as one model in ``folders`` within it.
"""

from __future__ import annotations

import mmap
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cyborg_rr.catalogue
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.detection import list_readers
from cyborg_rr.readers.reading.directory import Directory
from cyborg_rr.readers.reading.reader import Reader
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import change_file, list_places, load_folder

DATA = Path(__file__).resolve().parents[1] / "data"

_MODELS = Path(cyborg_rr.catalogue.__file__).parent / "models"
_NO_SAMPLES = {".py", ".rst"}
"""What stands beside the samples: scripts that made them, and words about them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What is right for one reader, and where it is kept what that reader says of it."""

    reader: str
    path: Path

    @property
    def golden(self) -> Path:
        """The golden file."""
        return DATA / self.reader / "golden" / f"{self.path.stem}.json"

    @property
    def size_bytes(self) -> int:
        """Of the file, or of all files of the folder."""
        paths = [self.path, *self.path.rglob("*")]
        return sum(path.stat().st_size for path in paths if path.is_file())

    @contextmanager
    def open(self) -> Iterator[Source]:
        """As the reading process gets it: mapped."""
        if self.path.is_dir():
            descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                yield Source(self.path.stem, folder=Directory(descriptor), is_folder=True)
            finally:
                os.close(descriptor)
            return
        with (
            self.path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            yield Source(self.path.stem, data)

    def copy(self) -> Source:
        """The same in memory."""
        if self.path.is_dir():
            return Source(self.path.stem, folder=load_folder(self.path), is_folder=True)
        return Source(self.path.stem, self.path.read_bytes())

    def change(self, chosen: random.Random, change: Callable[[bytes], bytes]) -> Source:
        """A copy of which the file, or one file of the folder, is another."""
        if not self.path.is_dir():
            return Source("hostile", change(self.path.read_bytes()))
        folder = load_folder(self.path)
        place = chosen.choice(list_places(folder))
        content = self.path.joinpath(*place).read_bytes()
        changed = change_file(folder, place, change(content))
        return Source("hostile", folder=changed, is_folder=True)

    def read(self) -> Graph:
        """The graph that the reader makes of it."""
        with self.open() as source:
            return get_reader(self.reader).read(source)


def get_reader(name: str) -> Reader:
    """The reader of an entry point."""
    return dict(list_readers())[name]


def list_samples(name: str) -> list[Sample]:
    """The samples of a reader; models that come with the product are samples too."""
    folder = DATA / name
    files = [path for path in folder.glob("*") if path.is_file() and path.suffix not in _NO_SAMPLES]
    folders = folder.glob("folders/*")
    shipped = _MODELS.glob(f"*.{name}")
    return [Sample(name, path) for path in (*sorted(files), *sorted(folders), *sorted(shipped))]

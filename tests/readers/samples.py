"""The sample files of each reader: those in ``tests/data/<name of its entry point>``."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cyborg_rr.catalogue
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.reading.detection import list_readers
from cyborg_rr.readers.reading.reader import Reader
from cyborg_rr.readers.reading.source import Source

DATA = Path(__file__).resolve().parents[1] / "data"

_MODELS = Path(cyborg_rr.catalogue.__file__).parent / "models"
_NO_SAMPLES = {".py", ".rst"}
"""What stands beside the samples: scripts that made them, and words about them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A file that is right for one reader, and where it is kept what that reader says of it."""

    reader: str
    path: Path

    @property
    def golden(self) -> Path:
        """The golden file."""
        return DATA / self.reader / "golden" / f"{self.path.stem}.json"

    @contextmanager
    def open(self) -> Iterator[Source]:
        """The file as the reading process gets it: mapped."""
        with (
            self.path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            yield Source(self.path.stem, data)

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
    kept = [path for path in folder.glob("*") if path.is_file() and path.suffix not in _NO_SAMPLES]
    shipped = _MODELS.glob(f"*.{name}")
    return [Sample(name, path) for path in (*sorted(kept), *sorted(shipped))]

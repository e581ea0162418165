"""What the fuzzer's bytes stand for: a file, or a folder of a sample in which one file is another.

The first two bytes choose the place, the others are the content, so that one corpus holds both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder, change_file, list_places, load_folder
from tests.readers.samples import Sample, list_samples

MAX_SEED_BYTES = 50_000
"""Larger samples are no seeds: a fuzzer wants many small tries."""

_PLACE_BYTES = 2


@dataclass(frozen=True, slots=True)
class _Place:
    """One file of a folder."""

    folder: MemoryFolder
    path: tuple[str, ...]

    def content(self) -> bytes:
        """What the sample has there."""
        folder = self.folder
        for name in self.path[:-1]:
            folder = folder.inner[name]
        return folder.contents[self.path[-1]]


class Inputs:
    """The inputs of one reader."""

    def __init__(self, reader: str) -> None:
        self.reader = reader
        samples = list_samples(reader)
        self._files = [sample for sample in samples if sample.path.is_file()]
        self._places = [
            place for sample in samples if sample.path.is_dir() for place in _list_places(sample)
        ]

    def make_seeds(self) -> Iterator[bytes]:
        """The samples as inputs."""
        for sample in self._files:
            if sample.size_bytes <= MAX_SEED_BYTES:
                yield bytes(_PLACE_BYTES) + sample.path.read_bytes()
        for number, place in enumerate(self._places, start=1):
            yield number.to_bytes(_PLACE_BYTES, "little") + place.content()

    def parse(self, data: bytes) -> Source:
        """The source that an input stands for; whatever the bytes are, they stand for one."""
        number = int.from_bytes(data[:_PLACE_BYTES], "little") % (len(self._places) + 1)
        content = data[_PLACE_BYTES:]
        if number == 0:
            return Source("hostile", content)
        place = self._places[number - 1]
        folder = change_file(place.folder, place.path, content)
        return Source("hostile", folder=folder, is_folder=True)


def _list_places(sample: Sample) -> Iterator[_Place]:
    folder = load_folder(sample.path)
    for path in list_places(folder):
        place = _Place(folder, path)
        if len(place.content()) <= MAX_SEED_BYTES:
            yield place

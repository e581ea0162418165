"""Which reader a source is for."""

from __future__ import annotations

from collections.abc import Iterator

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.answers import naming_reader
from cyborg_rr.readers.reading.installed import list_entry_points
from cyborg_rr.readers.reading.reader import Reader
from cyborg_rr.readers.reading.source import Source

NAMESPACE = "cyborg_rr.readers"
"""The group of entry points that readers stand in."""


def list_readers() -> Iterator[tuple[str, Reader]]:
    """Name and reader of each entry point, by name; a reader is imported when its turn comes."""
    for entry in list_entry_points(NAMESPACE):
        with naming_reader(entry.name):
            reader = entry.load()()
        yield entry.name, reader


def find_reader(source: Source) -> Reader:
    """The first reader that recognises the source; ``UnreadableModel`` names those that tried."""
    if source.size_bytes == 0:
        raise UnreadableModel(_explain_empty(source))
    tried = []
    for name, reader in list_readers():
        with naming_reader(name):
            if reader.recognises(source):
                return reader
        tried.append(name)
    what = "folder" if source.is_folder else "file"
    known = f"not a model {what} of a known IR (known are: {', '.join(tried)})"
    from cyborg_rr.readers.reading.foreign.explaining import explain_foreign  # seldom needed

    foreign = explain_foreign(source, _is_read)
    raise UnreadableModel(known if foreign is None else f"{known}; {foreign}")


def _is_read(source: Source) -> bool:
    """Whether some reader takes the source."""
    return any(reader.recognises(source) for _, reader in list_readers())


def _explain_empty(source: Source) -> str:
    if not source.is_folder:
        return "the file is empty"
    from cyborg_rr.readers.reading.foreign.explaining import explain_empty_folder

    return explain_empty_folder(source)

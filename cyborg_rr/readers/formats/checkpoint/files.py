"""The two files that torch.save has written: an archive since 1.6, one pickle after another before.

Format: torch/serialization.py, ``_save`` and ``_legacy_save``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.formats.checkpoint.marks import LEGACY_MAGIC, PICKLE
from cyborg_rr.readers.formats.checkpoint.opcodes import Window, walk_pickle
from cyborg_rr.readers.formats.checkpoint.values import Container, Name, Value
from cyborg_rr.readers.formats.zip import Archive
from cyborg_rr.readers.reading.source import Buffer

MAX_PICKLE_BYTES: Final = 64 << 20
"""A tensor takes about 150 bytes of it."""

_PICKLE_MEMBER: Final = re.compile(r"(?:[^/]+/)?data\.pkl")
_LEGACY_FACTS: Final = 3
_LENGTH_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a file holds: the saved value, names of imports, and where its storages are.

    ``root`` is the folder of the archive. ``end`` is where the storages of a legacy file begin.
    """

    value: Value
    imports: tuple[Name, ...]
    encoding: str
    archive: Archive | None = None
    root: str = ""
    keys: tuple[str, ...] = ()
    end: int = 0

    def check(self, storages: Mapping[str, int], data: Buffer) -> None:
        """Hold storages, by key with the bytes that the pickle states, against those there."""
        if self.archive is None:
            self._check_legacy(storages, data)
            return
        for key, stated in storages.items():
            member = self.archive.members.get(f"{self.root}data/{key}")
            if member is None:
                raise UnreadableModel(f"the archive lacks storage {quote(key)}")
            _check_size(key, stated, member.size_bytes)

    def _check_legacy(self, storages: Mapping[str, int], data: Buffer) -> None:
        """Each storage is its number of elements and then these."""
        missing = storages.keys() - set(self.keys)
        if missing or len(set(self.keys)) != len(self.keys):
            raise UnreadableModel(
                f"the file's list of storages lacks {quote(min(missing, default='one'))}"
            )
        at = self.end
        for key in self.keys:
            stated = storages.get(key)
            if stated is None:
                raise UnreadableModel(f"storage {quote(key)} belongs to nothing")
            at += _LENGTH_BYTES + stated
            if at > len(data):
                raise UnreadableModel(f"the file is cut off in storage {quote(key)}")


def open_checkpoint(data: Buffer) -> Checkpoint:
    """Read a file's pickles; ``UnreadableModel`` says why they cannot be."""
    if bytes(data[: len(LEGACY_MAGIC)]) == LEGACY_MAGIC:
        return _open_legacy(data)
    archive = Archive(data)
    found = [name for name in archive.members if _PICKLE_MEMBER.fullmatch(name)]
    if len(found) != 1:
        raise UnreadableModel(
            f"the archive has {len(found)} members {PICKLE}: one is a checkpoint's"
        )
    root = found[0].removesuffix(PICKLE)
    if f"{root}constants.pkl" in archive.members:
        raise UnreadableModel("a TorchScript program is no checkpoint: it is read as torchscript")
    if archive.members[found[0]].size_bytes > MAX_PICKLE_BYTES:
        raise UnreadableModel(f"{PICKLE} has more than {MAX_PICKLE_BYTES} bytes")
    pickle = walk_pickle(BytesIO(archive.read(found[0])), PICKLE)
    return Checkpoint(pickle.value, pickle.imports, "zip", archive, root)


def _open_legacy(data: Buffer) -> Checkpoint:
    stream = Window(data)
    for _ in range(_LEGACY_FACTS):
        walk_pickle(stream, "the file")
    pickle = walk_pickle(stream, "the file")
    listed = walk_pickle(stream, "the file's list of storages")
    keys = listed.value.parts if isinstance(listed.value, Container) else []
    texts = tuple(key for key in keys if isinstance(key, str))
    return Checkpoint(
        pickle.value, pickle.imports, "pickles of before 1.6", keys=texts, end=listed.stop
    )


def _check_size(key: str, stated: int, found: int) -> None:
    if stated != found:
        raise UnreadableModel(f"storage {quote(key)} takes {stated} bytes and has {found}")

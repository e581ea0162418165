"""The archive that torch.jit.save writes: pickles that are walked, code that is looked at.

Format: torch/csrc/jit/serialization/export_module.cpp and import.cpp of PyTorch 2.13.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.formats.checkpoint.opcodes import walk_pickle
from cyborg_rr.readers.formats.checkpoint.values import Container, Storage, Value
from cyborg_rr.readers.formats.zip import Archive
from cyborg_rr.readers.reading.source import Buffer
from cyborg_rr.readers.torchscript.language.library import Library
from cyborg_rr.readers.torchscript.marks import MOBILE

EXPORT: Final = "export the model by torch.export.save (.pt2)"
CONSTANTS: Final = "constants.pkl"
MAX_PICKLE_BYTES: Final = 64 << 20
MAX_CONSTANT_BYTES: Final = 4096 * 8
_DATA: Final = re.compile(r"(?:[^/]+/)?data\.pkl")
_VERSION: Final = re.compile(rb"[0-9]{1,6}\s*")


@dataclass(frozen=True, slots=True)
class Program:
    """What an archive holds: the root object, tensors that the code names, and the code."""

    archive: Archive
    root: str
    model: Container
    constants: tuple[Value, ...]
    library: Library
    version: str | None
    is_lite: bool

    def check(self, storages: dict[str, int], folder: str) -> None:
        """Hold storages, by key with their bytes, against the members of the archive."""
        for key, stated in storages.items():
            member = self.archive.members.get(f"{self.root}{folder}/{key}")
            if member is None:
                raise UnreadableModel(f"the archive lacks storage {quote(f'{folder}/{key}')}")
            if member.size_bytes != stated:
                raise UnreadableModel(
                    f"storage {quote(f'{folder}/{key}')} takes {stated} bytes and has "
                    f"{member.size_bytes}"
                )

    def read_constant(self, storage: Storage) -> bytes | None:
        """The bytes of a small tensor that the code names, which may steer shapes."""
        if storage.size_bytes > MAX_CONSTANT_BYTES:
            return None
        return self.archive.read(f"{self.root}constants/{storage.key}")


def open_program(data: Buffer) -> Program:
    """Read an archive; ``UnreadableModel`` says why it cannot be."""
    if bytes(data[4:8]) == MOBILE:
        raise UnreadableModel(
            f"a program for mobile devices in FlatBuffer form is not read: {EXPORT}, or save it "
            "without _use_flatbuffer"
        )
    archive = Archive(data)
    if any(name.endswith("model.json") and name.count("/") < 2 for name in archive.members):
        raise UnreadableModel(
            "TorchScript of before PyTorch 1.4 (model.json) is not read: load it and save it "
            "again with a current PyTorch"
        )
    found = [name for name in archive.members if _DATA.fullmatch(name)]
    root = found[0].removesuffix("data.pkl") if len(found) == 1 else ""
    if len(found) != 1 or f"{root}{CONSTANTS}" not in archive.members:
        raise UnreadableModel(
            "the archive lacks data.pkl or constants.pkl, so it is no TorchScript"
        )
    model = _walk(archive, found[0])
    if not isinstance(model, Container) or model.maker is None:
        raise UnreadableModel("data.pkl holds no module")
    constants = _walk(archive, f"{root}{CONSTANTS}")
    prefix = f"{root}code/"
    files = tuple(
        name for name in archive.members if name.startswith(prefix) and name.endswith(".py")
    )
    return Program(
        archive,
        root,
        model,
        constants if isinstance(constants, tuple) else (),
        Library(files, archive.read, prefix),
        _find_version(archive, root),
        f"{root}bytecode.pkl" in archive.members,
    )


def _walk(archive: Archive, member: str) -> Value:
    if archive.members[member].size_bytes > MAX_PICKLE_BYTES:
        raise UnreadableModel(f"{quote(member)} has more than {MAX_PICKLE_BYTES} bytes")
    name = member.rpartition("/")[2]
    return walk_pickle(BytesIO(archive.read(member)), name).value


def _find_version(archive: Archive, root: str) -> str | None:
    """The version of the archive's format, which is that of operators too."""
    for name in (f"{root}version", f"{root}.data/version"):
        member = archive.members.get(name)
        if member is not None and member.size_bytes < 16:
            content = archive.read(name)
            return content.decode("ascii").strip() if _VERSION.fullmatch(content) else None
    return None

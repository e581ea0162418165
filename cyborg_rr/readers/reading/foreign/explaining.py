"""What a source that no reader takes looks like, in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.beside import list_graphs
from cyborg_rr.readers.reading.foreign.fields import find_fields
from cyborg_rr.readers.reading.foreign.folders import find_folder_kind
from cyborg_rr.readers.reading.foreign.kinds import (
    EXPORT,
    MAGICS,
    MESSAGES,
    PACKED,
    TEXTS,
    Kind,
    Row,
)
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import HEAD_BYTES, Buffer, Folder, Source

_MLIR_BYTECODE = b"ML\xefR"
_DIALECT = re.compile(
    rb"\0(tosa|torch|tf|tfl|linalg|tensor|onnx|tt|ttir|ttg|gpu|llvm|iree|hal|util|flow|memref|scf"
    rb"|arith|cf|affine|vector|spirv|mpmd|func)(?=\0)"
)
"""Names of dialects among the strings of MLIR bytecode, which end in a zero each."""

_WITH_A_DIRECTORY = (b"PK\x03\x04", b"MZqFpD='")
"""Archives, perhaps behind a program: the names of all members stand at the end."""

_SHOWN_FILES = 5
_TRIED_FILES = 32
_TEXT_BYTES = 4096
_MNN_ROOTS = (0x18, 0x1C, 0x20)
"""Where the root of an MNN file stands, which has no identifier: source/mnn.js of netron."""


def explain_foreign(
    source: Source, is_read: Callable[[Source], bool] = lambda _: False
) -> str | None:
    """What the source seems to be and what to do instead; None when it looks like nothing known.

    ``is_read`` tells a file that some reader takes.
    """
    if source.is_folder:
        return None if source.folder is None else _explain_folder(source.folder, is_read)
    kind = _find_kind(source.name, source.data)
    return None if kind is None else f"it looks like {_describe(kind)}"


def _describe(kind: Kind) -> str:
    return f"{kind.name}, which is not read: {kind.advice}"


def _find_kind(name: str, data: Buffer) -> Kind | None:
    """Models first: what they are packed in says less."""
    head = bytes(data[:HEAD_BYTES])
    if head.startswith(_MLIR_BYTECODE):
        return _name_bytecode(head + bytes(data[-HEAD_BYTES:]))
    return _find_model(name, data) or _first(PACKED, head)


def _find_model(name: str, data: Buffer) -> Kind | None:
    """The kind of a file that is a model and nothing else; None for any other."""
    head = bytes(data[:HEAD_BYTES])
    ends = head + bytes(data[-HEAD_BYTES:]) if head.startswith(_WITH_A_DIRECTORY) else head
    found = _first(MAGICS, ends)
    if found is not None or _first(PACKED, head) is not None:
        return found
    if name.lower().endswith(".mnn") and int.from_bytes(head[:4], "little") in _MNN_ROOTS:
        return Kind("an MNN model", EXPORT)
    if b"\0" not in head[:_TEXT_BYTES]:
        found = _first(TEXTS, head)
    return found or _find_message(data)


def _first(rows: Sequence[Row], head: bytes) -> Kind | None:
    return next((kind for test, kind in rows if test(head)), None)


def _find_message(data: Buffer) -> Kind | None:
    fields = find_fields(data, 0, len(data))
    if not fields:
        return None
    return next((kind for test, kind in MESSAGES if test(data, fields)), None)


def _name_bytecode(content: bytes) -> Kind:
    """The first dialect is named that says more than the plain ones do."""
    found = [match[1].decode() for match in _DIALECT.finditer(content)]
    telling = [name for name in found if name != "func"]
    named = f"the dialect {telling[0]}" if telling else "dialects other than StableHLO"
    return Kind(f"MLIR bytecode of {named}", EXPORT)


def _explain_folder(folder: Folder, is_read: Callable[[Source], bool]) -> str:
    kind = find_folder_kind(folder)
    if kind is not None:
        return f"it looks like {_describe(kind)}"
    names = tuple(folder.files)
    graphs = tuple(list_graphs(names))
    if graphs:
        return f"it holds {_list(graphs)}: give one of these by itself, its weights beside it"
    read, foreign = [], ""
    for name in names[:_TRIED_FILES]:
        try:
            data = folder.open(name)
        except (OSError, UnreadableModel):
            continue
        if is_read(Source(name, data)):
            read.append(name)
        elif not foreign and (found := _find_model(name, data)) is not None:
            foreign = f"; {_show(name)} looks like {_describe(found)}"
    if read:
        them = "one of these" if read[1:] else "that"
        return f"it holds {_list(tuple(read))}: give {them} by itself"
    if foreign or names[_TRIED_FILES:]:
        return f"it holds {_list(names)}: give the model file in it{foreign}"
    return f"it holds {_list(names)}, and no model file among them that is known here"


def explain_empty_folder(source: Source) -> str:
    """What to give instead of a folder without files: one of those in it."""
    folders = source.folder.folders if source.folder is not None else ()
    if not folders:
        return "the folder holds no files"
    if "snapshots" in folders:  # layout of huggingface_hub's cache: blobs, refs, snapshots
        return "the folder is of a hub's cache: give the folder in its folder snapshots"
    return f"the folder holds no files, but the folders {_list(folders)}: give one that is a model"


def _list(names: tuple[str, ...]) -> str:
    shown = ", ".join(_show(name) for name in names[:_SHOWN_FILES])
    return shown + (f" and {len(names) - _SHOWN_FILES} more" if len(names) > _SHOWN_FILES else "")


def _show(name: str) -> str:
    return printable(name.encode(errors="replace"))

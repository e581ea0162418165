"""What ``jax.export`` serialises: a FlatBuffer around a portable artifact.

Schema: jax/_src/export/serialization.fbs; the numbers of fields are those of ``Exported`` and
``PyTreeDef``. It states the tree of arguments that the function took, of which the module keeps
those that it uses; fields that later versions added stand behind the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.flatbuffers import FlatFile, Table
from cyborg_rr.readers.formats.mlir.bytecode.header import MAGIC
from cyborg_rr.readers.reading.printing import printable
from cyborg_rr.readers.reading.source import Buffer

_IN_TREE, _PLATFORMS, _DISABLED, _MODULE, _KEPT = 2, 9, 12, 13, 15
_PLATFORM_CHECK: Final = 0
_KIND, _CHILDREN, _NAMES = 0, 1, 2
_LEAF, _DICT = 0, 4
_MAX_TREE_DEPTH: Final = 64
_TEXT_PER_BYTE: Final = 16
_MAX_PATH: Final = 1024
_MAX_PLATFORMS: Final = 64


@dataclass(frozen=True, slots=True)
class Exported:
    """``begin`` and ``end`` of the module in the file; ``names`` of its arguments, in order.

    ``platforms`` are those that JAX runs it on; empty where this check was disabled.
    """

    begin: int
    end: int
    platforms: tuple[str, ...]
    names: tuple[str, ...]


def holds_export(data: Buffer) -> bool:
    """Whether a FlatBuffer has bytecode where ``Exported`` has its module."""
    try:
        file = FlatFile(data)
        place = file.root().place(_MODULE)
        start = file.offset(place) if place else 0
        return bool(place) and bytes(data[start + 4 : start + 4 + len(MAGIC)]) == MAGIC
    except UnreadableModel:
        return False


def read_exported(data: Buffer) -> Exported:
    """Read what stands around the module. Raises ``UnreadableModel``."""
    root = FlatFile(data).root()
    begin, size = root.span(_MODULE)
    if not size:
        raise UnreadableModel("the file of jax.export holds no module")
    names = _list_names(root.table(_IN_TREE), _TEXT_PER_BYTE * len(data) + _MAX_PATH)
    kept = root.integers(_KEPT, "H")
    platforms = root.texts(_PLATFORMS)[:_MAX_PLATFORMS]
    checks = [check.integer(_KIND, "b") for check in root.tables(_DISABLED)]
    is_anywhere = _PLATFORM_CHECK in checks
    return Exported(
        begin,
        begin + size,
        () if is_anywhere else tuple([printable(name.encode()) for name in platforms]),
        tuple([names[place] for place in kept if place < len(names)]),
    )


def _list_names(tree: Table | None, budget: int) -> list[str]:
    """The path of each leaf, such as ``arg0['dense']['kernel']``, in the order of arguments.

    A short file may share parts of the tree, so the letters of all paths are counted.
    """
    names: list[str] = []
    pending: list[tuple[Table, str, int]] = [] if tree is None else [(tree, "", 0)]
    while pending:
        node, path, depth = pending.pop()
        budget -= len(path)
        if budget < 0 or depth > _MAX_TREE_DEPTH or len(path) > _MAX_PATH:
            raise UnreadableModel("the tree of arguments is too large or too deep")
        kind = node.integer(_KIND, "b")
        if kind == _LEAF:
            names.append(printable(path.encode()))
        words = node.texts(_NAMES) if kind == _DICT else []
        children = []
        for place, child in enumerate(node.tables(_CHILDREN)):
            word = words[place] if place < len(words) else ""
            children.append((child, _extend(path, word, place, depth), depth + 1))
        pending.extend(reversed(children))
    return names


def _extend(path: str, word: str, place: int, depth: int) -> str:
    """A step down the tree of ``(args, kwargs)``: arguments go by place or by their keyword."""
    if depth == 0:
        return ""
    if depth == 1:
        return word or f"arg{place}"
    return path + (f"['{word}']" if word else f"[{place}]")

"""Tensors of classes of their own (torchao's, for one), which a package keeps pickled."""

from __future__ import annotations

import re
from io import BytesIO

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import list_names, quote
from cyborg_rr.readers.formats.checkpoint.files import MAX_PICKLE_BYTES
from cyborg_rr.readers.formats.checkpoint.opcodes import walk_pickle
from cyborg_rr.readers.formats.zip import Archive

_PLAIN = ("torch._utils", "torch._tensor", "torch.storage", "torch.nn.parameter", "torch.cuda")
_CLASS = re.compile(r"_?[A-Z]\w*")
_STORED = re.compile(r"[^/]+/data/\d+")


def refuse_pickled(archive: Archive, member: str, name: str, others: int) -> UnreadableModel:
    """The error for a package that keeps a tensor so, with what the pickle names; none is run.

    The program speaks of a plain tensor, so that bytes and operations would be those of another
    model.
    """
    more = f" and {others} more" if others else ""
    found, size = _describe(archive, member)
    held = f", {size} bytes" if size else ""
    return UnreadableModel(
        f"tensor {quote(name)}{more} is pickled as a class of its own ({found}{held}), and the "
        "program does not say what it holds: take such tensors apart before torch.export "
        "(torchao.utils.unwrap_tensor_subclass)"
    )


def _describe(archive: Archive, member: str) -> tuple[str, int]:
    """The classes that a pickled tensor is made of, and the bytes in it, as far as told."""
    try:
        inner = archive.open(member)
        pickle = next(each for each in inner.members if each.endswith("data.pkl"))
        if inner.members[pickle].size_bytes > MAX_PICKLE_BYTES:
            return "of unknown kind", 0
        walked = walk_pickle(BytesIO(inner.read(pickle)), pickle)
    except (UnreadableModel, StopIteration):
        return "of unknown kind", 0
    classes = [
        each.full
        for each in walked.imports
        if _CLASS.fullmatch(each.name)
        and each.module not in _PLAIN
        and not each.name.endswith("Storage")
        and each.module not in ("torch", "collections")
    ]
    size = sum(each.size_bytes for place, each in inner.members.items() if _STORED.fullmatch(place))
    return list_names(classes, 4) if classes else "of unknown kind", size

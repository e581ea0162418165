"""What loading a checkpoint would bring in beside PyTorch: a pickle may name any function."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cyborg_rr.domain.graph.naming import list_names
from cyborg_rr.readers.formats.checkpoint.values import ELEMENT_TYPES, Name

SHOWN: Final = 5

_COLLECTIONS: Final = frozenset({"OrderedDict", "defaultdict", "Counter", "deque"})
_OF_TORCH: Final = frozenset(
    {"Size", "device", "Tensor", "per_tensor_affine", "per_channel_affine", *ELEMENT_TYPES}
)
_ACTIVATIONS: Final = frozenset({"relu", "gelu", "silu"})
"""Functions that torch.nn.Transformer and its layers keep as attributes."""

_BUILTINS: Final = frozenset(
    {"set", "frozenset", "bytearray", "complex", "slice", "range", "object"}
)
_CLASS: Final = re.compile(r"_?[A-Z][A-Za-z0-9_]*")
_REBUILD: Final = re.compile(r"_rebuild_[a-z0-9_]+")


def list_foreign(imports: Iterable[Name]) -> list[str]:
    """Names that are neither tensors, modules and optimizers of PyTorch nor collections."""
    return [name.full.lstrip(".") for name in imports if not _is_known(name)]


def warn_of_imports(imports: Iterable[Name]) -> tuple[str, ...]:
    """That loading the file would import more than a checkpoint needs, and what."""
    foreign = list_foreign(imports)
    if not foreign:
        return ()
    return (
        "unpickling the file would import, and may run, more than tensors and modules need: "
        f"{list_names(foreign, SHOWN)}; nothing was unpickled here",
    )


def _is_known(name: Name) -> bool:
    """Whether it is known to be harmless; a dotted name reaches into other modules."""
    if name.module == "collections":
        return name.name in _COLLECTIONS
    if name.module in ("builtins", "__builtin__"):
        return name.name in _BUILTINS
    if name.module in ("torch", "torch.cuda", "torch.storage"):
        return name.name in _OF_TORCH
    if name.module in ("torch._utils", "torch._tensor"):
        return _REBUILD.fullmatch(name.name) is not None
    if name.module == "torch.nn.functional":
        return name.name in _ACTIVATIONS
    if name.module.startswith(("torch.nn.", "torch.optim.")):
        return _CLASS.fullmatch(name.name) is not None
    return name.full in ("torch.serialization._get_layout", "_codecs.encode")

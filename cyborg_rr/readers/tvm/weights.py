"""Which arguments are weights, by what TVM's frontends call them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cyborg_rr.readers.kit.weights import WeightNames, explain_weights
from cyborg_rr.readers.tvm.program import Function
from cyborg_rr.readers.tvm.written.types import ValueType

_LEAF: Final = re.compile(
    r"(?:.*[_.:/])?(weight|bias|gamma|beta|kernel|(?:moving|running)_(?:mean|var))(?:_?\d{1,4})?",
    re.DOTALL,
)
"""Last words of the names that layers of MXNet, PyTorch and Keras give their weights."""


def find_named_weights(entry: Function) -> tuple[Mapping[str, ValueType], str]:
    """Arguments that are named as weights are, and the note that says so or that none is.

    Where all would be, none is: a layer alone takes such names for its inputs.
    """
    names = [name for name, _ in entry.parameters]
    told = WeightNames.collect(names)
    reasons = [told.find_reason(name) or _find_leaf(name) for name in names]
    if all(reasons):
        reasons = [None] * len(names)
    weights = {
        name: type_
        for (name, type_), reason in zip(entry.parameters, reasons, strict=True)
        if reason is not None
    }
    return weights, explain_weights(reasons, len(names), has_parameters=False)


def _find_leaf(name: str) -> str | None:
    match = _LEAF.fullmatch(name) if len(name) < 1024 else None
    return None if match is None else match[1]

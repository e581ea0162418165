"""Programs that take their weights as arguments and do not say which: how to say it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, Final

from cyborg_rr.domain.words import find_element_type

_TAKE_ALIKE: Final = frozenset({"stablehlo", "hlo", "mlir"})
"""Formats of functions, to which weights and inputs are arguments alike."""

WHY: Final = "If arguments are its weights"
_MATRIX: Final = 2


def name_weights(document: Mapping[str, Any], arguments: argparse.Namespace) -> list[str]:
    """The option that takes all matrices of real numbers but the smallest as weights.

    Empty where the file tells weights, the caller did, or there are no such.
    """
    memory = document["memory"]
    told = memory["parameter_bytes"] or arguments.weights
    if told or document["ir"]["family"] not in _TAKE_ALIKE:
        return []
    sizes = {}
    for each in document["inputs"]:
        known, shape = find_element_type(each["element_type"]), each["shape"]
        is_static = isinstance(shape, Sequence) and all(isinstance(size, int) for size in shape)
        if known is not None and known.may_be_weights and is_static and len(shape) >= _MATRIX:
            sizes[each["name"]] = prod(shape)
    smallest = min(sizes, key=lambda name: sizes[name], default="")
    names = [name for name in sizes if name != smallest]
    return ["--weights", ",".join(names)] if names else []

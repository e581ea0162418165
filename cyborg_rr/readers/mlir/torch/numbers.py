"""Numbers of torch-mlir: constants, lists of them, and what is reckoned from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from cyborg_rr.readers.dialects.aten.arguments import Symbol
from cyborg_rr.readers.formats.mlir.structure import Operation

Value = bool | int | float | str | Symbol | list["Value"] | None
"""What a name stands for that is no tensor; a list may hold tensors too, as ``Tensor``."""

_CONSTANT: Final = "torch.constant."
_LARGEST: Final = 1 << 63


class Tensor(str):
    """The name of a tensor among other values."""

    __slots__ = ()


def is_constant(operation: Operation) -> bool:
    """Whether an operation states a number, a text or nothing."""
    return operation.name.startswith(_CONSTANT) and len(operation.results) == 1


def read_constant(operation: Operation) -> Value:
    """``torch.constant.int 4``, ``torch.constant.none`` and their like, in either syntax."""
    kind = operation.name[len(_CONSTANT) :]
    stated = operation.attributes.get("value")
    if kind == "none":
        return None
    if kind in ("str", "device"):
        return next(iter(operation.strings), stated if isinstance(stated, str) else "")
    if kind == "bool":
        words = operation.words
        return words[0] == "true" if words else bool(stated)
    number = next(iter(operation.numbers), stated)
    if isinstance(number, int | float):
        return float(number) if kind == "float" else number
    return None


def _divide(left: int | float, right: int | float) -> int | float | None:
    return None if right == 0 else left // right


_FOLDED: Final[Mapping[str, Callable[[int | float, int | float], int | float | None]]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "floordiv": _divide, "eq": lambda a, b: a == b, "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b, "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}  # fmt: skip
"""What aten does with two numbers that are known."""


def fold(name: str, values: list[Value]) -> int | float | None:
    """The number that two known ones make; None where they are not known, or are too large."""
    rule = _FOLDED.get(name)
    known = [value for value in values if isinstance(value, int | float)]
    if rule is None or len(values) != 2 or len(known) != 2:
        return None
    found = rule(known[0], known[1])
    return found if found is not None and abs(found) < _LARGEST else None

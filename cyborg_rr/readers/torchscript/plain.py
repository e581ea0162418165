"""What calls on numbers, texts and lists come to, where all of them are known."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Final

from cyborg_rr.readers.torchscript.values import (
    UNKNOWN,
    Instance,
    Record,
    Ref,
    Sequence,
    Unknown,
    Value,
)

MAX_ITEMS: Final = 100_000
_LARGEST: Final = 1 << 64

_Number = int | float


def _divide(left: _Number, right: _Number) -> _Number:
    return left / right


_NUMBERS: Final[Mapping[str, Callable[[_Number, _Number], _Number]]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": _divide,
    "floordiv": operator.floordiv, "floor_divide": operator.floordiv, "remainder": operator.mod,
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le,
    "gt": operator.gt, "ge": operator.ge, "max": max, "min": min,
}  # fmt: skip
_SIGNS: Final[Mapping[str, str]] = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floordiv", "%": "remainder",
    "**": "pow", "@": "matmul", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt",
    ">=": "ge", "&": "__and__", "|": "__or__", "^": "__xor__", "<<": "__lshift__",
    ">>": "__rshift__", "is": "__is__", "is not": "__isnot__", "not": "__not__", "~": "bitwise_not",
    "and": "__and__", "or": "__or__", "in": "__contains__",
}  # fmt: skip


_PLAIN: Final = _NUMBERS.keys() | {
    "__is__", "__isnot__", "__not__", "len", "list", "tuple", "__contains__", "__getitem__",
    "__derive_index", "append", "neg",
}  # fmt: skip
"""All calls that may come to something plain."""


def name_sign(sign: str) -> str:
    """The operation that a sign stands for."""
    return _SIGNS.get(sign, sign)


def find_plain(name: str, given: list[Value]) -> Value:
    """What a call on known values gives; UNKNOWN where that is for another to say."""
    if name not in _PLAIN:
        return UNKNOWN
    if name in ("__is__", "__isnot__") and len(given) == 2:
        return _is_same(given, wanted=name == "__is__")
    if name == "__not__" and len(given) == 1 and isinstance(given[0], bool):
        return not given[0]
    if name == "len" and len(given) == 1 and isinstance(given[0], Sequence):
        return len(given[0].parts)
    if name in ("list", "tuple") and len(given) == 1 and isinstance(given[0], Sequence):
        return Sequence(list(given[0].parts), name == "tuple")
    if name == "__contains__" and len(given) == 2 and isinstance(given[0], Sequence):
        return _contains(given[0].parts, given[1])
    if name in ("__getitem__", "__derive_index") and len(given) >= 2:
        return _item(name, given)
    if name == "append" and len(given) == 2 and isinstance(given[0], Sequence):
        if len(given[0].parts) >= MAX_ITEMS:
            return UNKNOWN
        given[0].parts.append(given[1])
        return given[0]
    if name == "neg" and len(given) == 1 and isinstance(given[0], int | float):
        return -given[0]
    return _reckon(name, given)


def _is_same(given: list[Value], wanted: bool) -> Value:
    """Whether two values are one; only None is known to be no other."""
    left, right = given
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNKNOWN
    if left is None or right is None:
        return (left is right) == wanted
    return (
        (left == right) == wanted if isinstance(left, Ref) and isinstance(right, Ref) else UNKNOWN
    )


def _contains(parts: list[Value], value: Value) -> Value:
    plain = [part for part in parts if isinstance(part, int | float | str)]
    if len(plain) != len(parts) or not isinstance(value, int | float | str):
        return UNKNOWN
    return value in plain


def _item(name: str, given: list[Value]) -> Value:
    owner, place = given[:2]
    if name == "__derive_index" and len(given) == 3:
        index, start, step = given
        if isinstance(index, int) and isinstance(start, int) and isinstance(step, int):
            return start + index * step
    if isinstance(owner, Sequence) and isinstance(place, int):
        return owner.parts[place] if -len(owner.parts) <= place < len(owner.parts) else UNKNOWN
    if isinstance(owner, Record) and isinstance(place, int | float | str):
        return owner.entries.get(place, UNKNOWN)
    return UNKNOWN


def _reckon(name: str, given: list[Value]) -> Value:
    """Arithmetic on two numbers; texts and lists of numbers are compared."""
    if len(given) < 2 or name not in _NUMBERS:
        return UNKNOWN
    left, right = given[:2]
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        if name == "add" and len(left.parts) + len(right.parts) <= MAX_ITEMS:
            return Sequence([*left.parts, *right.parts], left.is_tuple)
        parts = [*left.parts, *right.parts]
        if name in ("eq", "ne") and all(isinstance(part, int) for part in parts):
            return (left.parts == right.parts) == (name == "eq")
        return UNKNOWN
    if isinstance(left, str) and isinstance(right, str):
        return (left == right) == (name == "eq") if name in ("eq", "ne") else UNKNOWN
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return UNKNOWN
    try:
        found = _NUMBERS[name](left, right)
    except (ArithmeticError, ValueError):
        return UNKNOWN
    if isinstance(found, float):
        return found if math.isfinite(found) else UNKNOWN
    return found if abs(found) < _LARGEST else UNKNOWN


def truth(value: Value) -> bool | None:
    """Whether a condition holds; None where nobody knows."""
    if isinstance(value, bool | int | float):
        return bool(value)
    if value is None:
        return False
    return True if isinstance(value, Instance) else None


def is_same(left: Value, right: Value) -> bool:
    """Whether two values are known to be one."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return False
    return left is right or (type(left) is type(right) and left == right)

"""Reading values of one kind each: texts, numbers, lists, objects, and data of no declared form.

A fault is a ``WrongValue`` that gathers its place on the way out.
"""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Callable, Mapping
from typing import Any

from cyborg_rr.domain.documents import (
    MAX_ENTRIES,
    MAX_NUMBER,
    MAX_TEXT_LENGTH,
    Form,
    Interval,
    MaxItems,
    Range,
)

MAX_DEPTH = 8
"""How deep data of no declared form may be nested."""

_MAX_SHOWN = 60

Read = Callable[[Any, bool], Any]
"""Takes a value and whether unknown keys are dropped; gives what the type says."""


class WrongValue(Exception):
    """A fault, with the place as far as it is known on the way out."""

    def __init__(self, text: str, place: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.place = place


def read_list(value: Any, read_item: Read, tolerant: bool) -> tuple[Any, ...]:
    """Every item read; the place of a wrong one is its number."""
    if not isinstance(value, list | tuple):
        raise WrongValue(f"must be a list, not {show(value)}")
    _check_entries(len(value))
    items = []
    for index, item in enumerate(value):
        try:
            items.append(read_item(item, tolerant))
        except WrongValue as wrong:
            raise at(f"[{index}]", wrong) from None
    return tuple(items)


def read_mapping(value: Any, read_item: Read, tolerant: bool) -> dict[str, Any]:
    """Every value read; keys are texts."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise WrongValue(f"must be an object with text keys, not {show(value)}")
    _check_entries(len(value))
    found = {}
    for name, item in value.items():
        try:
            found[read_text(name, tolerant)] = read_item(item, tolerant)
        except WrongValue as wrong:
            raise at(f".{cut(name)}", wrong) from None
    return found


def _check_entries(count: int) -> None:
    if count > MAX_ENTRIES:
        raise WrongValue(f"has more than {MAX_ENTRIES} entries")


def check_bound(bound: object, value: Any) -> None:
    """Hold a value against a bound that its type states."""
    if isinstance(bound, Range):
        if value < bound.least:
            words = {0: "not be negative", 1: "be positive"}
            raise WrongValue(f"must {words.get(bound.least, f'be at least {bound.least}')}")
        if value > bound.most:
            raise WrongValue(f"is too large a number; at most {bound.most} is taken")
    elif isinstance(bound, Interval):
        if not bound.least <= value <= bound.most:
            raise WrongValue(f"must be from {bound.least:g} to {bound.most:g}, not {show(value)}")
    elif isinstance(bound, Form):
        if not re.fullmatch(bound.pattern, value, re.ASCII):
            raise WrongValue(f"must be {bound.words}, not {show(value)}")
    elif isinstance(bound, MaxItems) and len(value) > bound.most:
        raise WrongValue(f"has more than {bound.most} items")


def read_text(value: Any, _tolerant: bool) -> str:
    """A text of bounded length."""
    if not isinstance(value, str):
        raise WrongValue(f"must be text, not {show(value)}")
    if len(value) > MAX_TEXT_LENGTH:
        raise WrongValue(f"is longer than {MAX_TEXT_LENGTH} characters")
    return value


def read_truth(value: Any, _tolerant: bool) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise WrongValue(f"must be true or false, not {show(value)}")
    return value


def read_whole(value: Any, _tolerant: bool) -> int:
    """A whole number; a truth value is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValue(f"must be a whole number, not {show(value)}")
    if abs(value) > MAX_NUMBER:
        raise WrongValue("is too large a number")
    return value


def read_number(value: Any, _tolerant: bool) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongValue(f"must be a number, not {show(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise WrongValue("must be a finite number")
    return number


def read_anything(value: Any, tolerant: bool, depth: int = 0) -> Any:
    """JSON data of no declared form, with tuples for lists so that equal content is equal."""
    if depth > MAX_DEPTH:
        raise WrongValue("is nested too deeply")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return read_text(value, tolerant)
    if isinstance(value, int):
        return read_whole(value, tolerant)
    if isinstance(value, float):
        return read_number(value, tolerant)
    if isinstance(value, Mapping):
        return read_mapping(value, _reader_at(depth + 1), tolerant)
    if isinstance(value, list | tuple):
        return read_list(value, _reader_at(depth + 1), tolerant)
    raise WrongValue(f"must be JSON data, not {type(value).__name__}")


def _reader_at(depth: int) -> Read:
    return lambda value, tolerant: read_anything(value, tolerant, depth)


class _Shown(reprlib.Repr):
    """A value in a few characters, at a cost that does not grow with it."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxstring = self.maxother = 2 * _MAX_SHOWN  # cut at the end, not in the middle

    def repr_int(self, value: int, level: int) -> str:
        """A number that Python would not write as text is named by its size."""
        return (
            repr(value) if value.bit_length() < 1000 else f"a number of {value.bit_length()} bits"
        )


_SHOWN = _Shown()


def show(value: object) -> str:
    """A value as messages quote it, however large or deep it is."""
    return cut(_SHOWN.repr(value))


def cut(name: object) -> str:
    """A key as messages name it."""
    text = str(name)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


def at(place: str, wrong: WrongValue) -> WrongValue:
    """The same fault, further out."""
    return WrongValue(wrong.text, place + wrong.place)

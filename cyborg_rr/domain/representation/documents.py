"""Strict reading of JSON-like documents into frozen dataclasses, driven by their type hints.

One reader for representations, toolchains and catalogue files: a new field is only a new field.
"""

from __future__ import annotations

import types
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from cyborg_rr.domain.errors import InvalidInput

Record = TypeVar("Record")


def read_record(kind: type[Record], value: object, place: str) -> Record:
    """The dataclass that a mapping describes; ``InvalidInput`` names the place and what is wrong.

    Every key must be a field; fields with a default may be absent.
    """
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{place} must be an object, not {_render(value)}")
    known = _fields(cast(Hashable, kind))
    for key in value:
        if key not in known:
            raise InvalidInput(f"{place} has the unknown key {key!r}; known: {', '.join(known)}")
    found: dict[str, Any] = {}
    for name, (field, hint) in known.items():
        if name in value:
            found[name] = _read(hint, value[name], f"{place}.{name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise InvalidInput(f"{place}.{name} is missing")
    return kind(**found)


@lru_cache(maxsize=64)
def _fields(kind: Hashable) -> Mapping[str, tuple[Field[Any], Any]]:
    record: Any = kind
    hints = get_type_hints(record)
    return {field.name: (field, hints[field.name]) for field in fields(record)}


def _read(hint: Any, value: object, place: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _read_union(get_args(hint), value, place)
    if origin is tuple:
        return _read_tuple(get_args(hint)[0], value, place)
    if origin is Mapping:
        return _read_mapping(get_args(hint)[1], value, place)
    if origin is Literal:
        if value not in get_args(hint):
            choices = ", ".join(repr(choice) for choice in get_args(hint))
            raise InvalidInput(f"{place} must be one of {choices}, not {_render(value)}")
        return value
    if is_dataclass(hint) and isinstance(hint, type):
        return read_record(hint, value, place)
    return _read_scalar(hint, value, place)


def _read_union(hints: tuple[Any, ...], value: object, place: str) -> Any:
    if value is None and type(None) in hints:
        return None
    remaining = [hint for hint in hints if hint is not type(None)]
    return _read(remaining[0], value, place)


def _read_tuple(hint: Any, value: object, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise InvalidInput(f"{place} must be a list, not {_render(value)}")
    if hint is str and all(type(entry) is str for entry in value):
        return tuple(value)  # most lists are of texts, and long
    return tuple(_read(hint, entry, f"{place}[{index}]") for index, entry in enumerate(value))


def _read_mapping(hint: Any, value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, Mapping) or any(not isinstance(key, str) for key in value):
        raise InvalidInput(f"{place} must be an object with text keys, not {_render(value)}")
    if hint is str and all(type(entry) is str for entry in value.values()):
        return dict(value)
    return {key: _read(hint, entry, f"{place}.{key}") for key, entry in value.items()}


def _read_scalar(hint: Any, value: object, place: str) -> Any:
    if hint is Any:
        return value
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        if number != number or number in (float("inf"), float("-inf")):
            raise InvalidInput(f"{place} must be a finite number")
        return number
    if isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    raise InvalidInput(f"{place} must be {names[hint]}, not {_render(value)}")


def _render(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

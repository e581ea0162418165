"""Reading JSON data key by key; every fault is an ``InvalidInput`` that names the key's path."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from cyborg_rr.domain.errors import InvalidInput

MAX_TEXT: Final = 4096
MAX_ENTRIES: Final = 65536
MAX_NUMBER: Final = 2**65
_MAX_DEPTH: Final = 8
_SHOWN_TEXT: Final = 40


_T = TypeVar("_T")
Read = Callable[[object, str], _T]


class Fields:
    """The keys of one JSON object; each is taken once with the reader of its value."""

    def __init__(self, document: object, path: str) -> None:
        if not isinstance(document, Mapping):
            raise InvalidInput(f"{path} should be an object, not {_name_type(document)}")
        self._document = document
        self._path = path
        self._taken: set[str] = set()

    def take(self, key: str, read: Read[_T]) -> _T:
        """The value of a key that must be there."""
        if key not in self._document:
            raise InvalidInput(f"{self._path}.{key} is missing")
        self._taken.add(key)
        return read(self._document[key], f"{self._path}.{key}")

    def take_optional(self, key: str, read: Read[_T], default: _T) -> _T:
        """The value of a key that may be left out."""
        return self.take(key, read) if key in self._document else default

    def finish(self, lenient: bool) -> None:
        """Refuse keys that nobody took, unless they may come from a later version."""
        unknown = [key for key in self._document if key not in self._taken]
        if unknown and not lenient:
            raise InvalidInput(f"{self._path} has the unknown key {show(unknown[0])!r}")


def show(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN_TEXT else text[:_SHOWN_TEXT] + "..."


def _name_type(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "a truth value", int: "a number"}
    return "null" if value is None else names.get(type(value), f"a {type(value).__name__}")


def _check_entries(count: int, path: str) -> None:
    if count > MAX_ENTRIES:
        raise InvalidInput(f"{path} has more than {MAX_ENTRIES} entries")


def read_text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{path} should be text, not {_name_type(value)}")
    if len(value) > MAX_TEXT:
        raise InvalidInput(f"{path} is longer than {MAX_TEXT} characters")
    return value


def read_truth(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{path} should be true or false, not {_name_type(value)}")
    return value


def read_count(value: object, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{path} should be a whole number, not {_name_type(value)}")
    if value < 0:
        raise InvalidInput(f"{path} should not be negative")
    if value > MAX_NUMBER:
        raise InvalidInput(f"{path} is too large a number")
    return value


def read_positive(value: object, path: str) -> int:
    if read_count(value, path) == 0:
        raise InvalidInput(f"{path} should be positive")
    return read_count(value, path)


def read_sha256(value: object, path: str) -> str:
    text = read_text(value, path)
    if len(text) != 64 or any(character not in "0123456789abcdef" for character in text):
        raise InvalidInput(f"{path} should be 64 lower-case hexadecimal digits")
    return text


def or_none(read: Read[_T]) -> Read[_T | None]:
    return lambda value, path: None if value is None else read(value, path)


def one_of(choices: Iterable[str]) -> Read[str]:
    allowed = tuple(choices)

    def read(value: object, path: str) -> str:
        if value not in allowed:
            raise InvalidInput(f"{path} should be one of {', '.join(allowed)}")
        return str(value)

    return read


def list_of(read: Read[_T]) -> Read[tuple[_T, ...]]:
    def read_all(value: object, path: str) -> tuple[_T, ...]:
        if not isinstance(value, (list, tuple)):
            raise InvalidInput(f"{path} should be a list, not {_name_type(value)}")
        _check_entries(len(value), path)
        return tuple(read(item, f"{path}[{place}]") for place, item in enumerate(value))

    return read_all


def read_counts(value: object, path: str) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{path} should be an object, not {_name_type(value)}")
    _check_entries(len(value), path)
    return {
        read_text(key, f"{path} (a key)"): read_count(count, f"{path}.{show(key)}")
        for key, count in value.items()
    }


def read_mapping(value: object, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{path} should be an object, not {_name_type(value)}")
    frozen: dict[str, Any] = freeze(value, path)
    return frozen


def freeze(value: object, path: str = "value", depth: int = 0) -> Any:
    """Plain JSON data with tuples for lists, so that equal content compares equal."""
    if depth > _MAX_DEPTH:
        raise InvalidInput(f"{path} is nested too deeply")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return read_text(value, path)
    if isinstance(value, int):
        if abs(value) > MAX_NUMBER:
            raise InvalidInput(f"{path} is too large a number")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidInput(f"{path} is not a finite number")
        return value
    if isinstance(value, Mapping):
        _check_entries(len(value), path)
        return {
            read_text(key, f"{path} (a key)"): freeze(item, f"{path}.{show(key)}", depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        _check_entries(len(value), path)
        return tuple(freeze(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(value))
    raise InvalidInput(f"{path} should be JSON data, not {type(value).__name__}")

"""JSON of untrusted files: parsed within bounds, each value held to the kind that it has to be.

``what`` is what a message calls a value: a text, or what becomes one when a message is made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from sys import intern
from typing import Any, Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.source import Buffer, decode

MAX_NAME_LENGTH: Final = 4096
MAX_DIGITS: Final = 20
"""Of a number of 64 bits; Python would make a number of any length, in quadratic time."""

_MARKED_BYTES: Final = 4
"""So many at the beginning tell UTF-8 from UTF-16 and UTF-32."""


def load_json(content: bytes | str) -> Any:
    """Any JSON without repeated keys and of bounded numbers.

    Raises ``ValueError`` for anything else, ``RecursionError`` for what is nested too deep.
    """
    return json.loads(content, object_pairs_hook=_unique, parse_int=_parse_int)


def parse_json(content: Buffer, what: str) -> Any:
    """Any JSON without repeated keys, of bounded depth and numbers.

    Raises ``UnreadableModel`` with the place where it ends to be JSON.
    """
    try:
        encoding = json.detect_encoding(bytes(content[:_MARKED_BYTES]))
        return load_json(decode(content, encoding, "surrogatepass"))
    except RecursionError:
        raise UnreadableModel(f"{what} is nested too deep") from None
    except ValueError as error:
        raise UnreadableModel(f"{what} is not JSON: {error}") from None


def get_mapping(value: object, what: object) -> Mapping[str, object]:
    """An object."""
    if isinstance(value, dict):
        return value
    raise UnreadableModel(f"{what} is not an object")


def get_list(value: object, what: object) -> list[object]:
    """A list."""
    if isinstance(value, list):
        return value
    raise UnreadableModel(f"{what} is not a list")


def get_text(value: object, what: object) -> str:
    """A name: not empty and of a length that can be meant."""
    if isinstance(value, str) and 0 < len(value) <= MAX_NAME_LENGTH:
        return value
    raise UnreadableModel(f"{what} is not a name")


def get_integer(value: object, what: object) -> int:
    """A whole number of 64 bits."""
    if type(value) is int and -(1 << 63) <= value < 1 << 63:
        return value
    raise UnreadableModel(f"{what} is not a whole number of 64 bits")


def get_field(value: object, name: str, what: object) -> object:
    """A field of an object that must be there."""
    fields = value if isinstance(value, dict) else get_mapping(value, what)
    if name in fields:
        return fields[name]
    raise UnreadableModel(f"{what} lacks '{name}'")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


@lru_cache(maxsize=4096)
def _parse_int(text: str) -> int:
    """A graph has few numbers that differ, and each is looked at here."""
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS} digits")
    return int(text)


def make_decoder(
    repeated: frozenset[str] = frozenset(), unread: frozenset[str] = frozenset()
) -> json.JSONDecoder:
    """Decodes what ``load_json`` does, of JSON that is taken piece by piece: keys are kept once.

    So are texts under ``repeated`` keys; what stands under ``unread`` ones is left out.
    """

    def make(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = {
            intern(key): intern(value) if key in repeated and value.__class__ is str else value
            for key, value in pairs
            if key not in unread
        }
        if len(found) != len(pairs):
            _unique(pairs)
        return found

    return json.JSONDecoder(object_pairs_hook=make, parse_int=_parse_int)

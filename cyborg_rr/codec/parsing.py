"""From plain JSON data to dataclasses, led by their types; every fault is named with its place.

Two strictnesses. From people, and from files, an unknown key is refused: it is a mistake that
nobody would notice otherwise. Between our own processes it is dropped, as it comes from a later
minor version; so is it in a document that says that it is of one.

No library does all of it: the domain keeps plain dataclasses of the standard library, a text is
never taken for a number, places are named as people write them, and nothing in the input decides
how much is read.
"""

from __future__ import annotations

import types
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

from cyborg_rr.codec.shapes import Key, keys_of, names_of
from cyborg_rr.codec.values import (
    Read,
    WrongValue,
    at,
    check_bound,
    read_anything,
    read_list,
    read_mapping,
    read_number,
    read_text,
    read_truth,
    read_whole,
    show,
)
from cyborg_rr.codec.versions import FIELD, is_newer_minor
from cyborg_rr.domain.errors import InvalidInput, UnreadableDocument

Kind = TypeVar("Kind")


def parse(kind: type[Kind], document: object, place: str, *, tolerant: bool = False) -> Kind:
    """The dataclass that a document states.

    ``place`` begins the name of each place in a message. With ``tolerant`` unknown keys are
    dropped. Raises ``InvalidInput`` for the first fault.
    """
    if isinstance(document, Mapping) and (known := _find_version(kind)) is not None:
        stated = document.get(FIELD, known)
        tolerant = is_newer_minor(stated, known, place) or tolerant
    try:
        parsed: Kind = _reader_of(cast(Hashable, kind))(document, tolerant)
    except WrongValue as wrong:
        raise InvalidInput(f"{place}{wrong.place} {wrong.text}") from None
    return parsed


def parse_stored(kind: type[Kind], document: object, place: str) -> Kind:
    """The dataclass of a document that one of our own processes wrote, perhaps a newer one.

    ``UnreadableDocument`` when that is of another major version, or nothing that this code knows.
    """
    try:
        return parse(kind, document, place, tolerant=True)
    except InvalidInput as error:
        raise UnreadableDocument(f"{error}; another release of this service wrote it") from error


def _find_version(kind: type) -> str | None:
    """The version that this code knows: the default of the field ``schema_version``."""
    if not is_dataclass(kind):
        return None
    return next((str(field.default) for field in fields(kind) if field.name == FIELD), None)


@lru_cache(maxsize=1024)
def _reader_of(hint: Any) -> Read:
    """What reads a value of that type; made once, so that reading itself asks nothing twice."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _reader_of_bounded(hint)
    if origin in (Union, types.UnionType):
        return _reader_of_union(get_args(hint))
    if origin is tuple:
        return _reader_of_list(get_args(hint)[0])
    if origin is Mapping:
        return _reader_of_mapping(get_args(hint)[1])
    if origin is Literal:
        return _reader_of_choice(get_args(hint))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return lambda value, _: hint(_reader_of_choice(tuple(map(str, hint)))(value, False))
    if is_dataclass(hint) and isinstance(hint, type):
        return _reader_of_fields(hint)
    return _SCALARS[hint]


def _reader_of_fields(kind: type) -> Read:
    keys = keys_of(kind)
    own = [(key, _reader_of(key.hint)) for key in keys if key.prefix is None]
    parts = [(key, _reader_of_part(key)) for key in keys if key.prefix is not None]
    names = dict.fromkeys(name for key in keys for name in names_of(key))

    def read(value: Any, tolerant: bool) -> Any:
        if not isinstance(value, Mapping):
            raise WrongValue(f"must be an object, not {show(value)}")
        if not tolerant:
            _refuse_unknown(value, names)
        found = {key.field: part(value, tolerant) for key, part in parts}
        for key, read_one in own:
            if key.name in value:
                try:
                    found[key.field] = read_one(value[key.name], tolerant)
                except WrongValue as wrong:
                    raise at(f".{key.name}", wrong) from None
            elif not key.is_optional:
                raise WrongValue("is missing", f".{key.name}")
        return kind(**found)

    return read


def _refuse_unknown(value: Mapping[Any, Any], names: Mapping[str, None]) -> None:
    for name in value:
        if name not in names:
            raise WrongValue(f"has the unknown key {show(name)}; known: {', '.join(names)}")


def _reader_of_part(key: Key) -> Read:
    """Reads a composed field out of the object that its keys stand in."""
    prefix = key.prefix or ""
    names = names_of(key)
    read_part = _reader_of(key.hint)

    def read(value: Mapping[str, Any], tolerant: bool) -> Any:
        try:
            return read_part(
                {name.removeprefix(prefix): value[name] for name in names if name in value},
                tolerant,
            )
        except WrongValue as wrong:
            raise WrongValue(wrong.text, f".{prefix}{wrong.place.removeprefix('.')}") from None

    return read


def _reader_of_union(hints: tuple[Any, ...]) -> Read:
    allows_none = types.NoneType in hints
    reads = [_reader_of(hint) for hint in hints if hint is not types.NoneType]

    def read(value: Any, tolerant: bool) -> Any:
        if value is None and allows_none:
            return None
        for read_one in reads[:-1]:
            try:
                return read_one(value, tolerant)
            except WrongValue:
                continue
        return reads[-1](value, tolerant)

    return read


def _reader_of_list(hint: Any) -> Read:
    read_item = _reader_of(hint)
    return lambda value, tolerant: read_list(value, read_item, tolerant)


def _reader_of_mapping(hint: Any) -> Read:
    read_item = _reader_of(hint)
    return lambda value, tolerant: read_mapping(value, read_item, tolerant)


def _reader_of_choice(choices: tuple[Any, ...]) -> Read:
    def read(value: Any, _tolerant: bool) -> Any:
        if not isinstance(value, str) or value not in choices:
            named = ", ".join(repr(choice) for choice in choices)
            raise WrongValue(f"must be one of {named}, not {show(value)}")
        return value

    return read


def _reader_of_bounded(hint: Any) -> Read:
    plain, *bounds = get_args(hint)
    read_plain = _reader_of(plain)

    def read(value: Any, tolerant: bool) -> Any:
        found = read_plain(value, tolerant)
        for bound in bounds:
            check_bound(bound, found)
        return found

    return read


_SCALARS: dict[Any, Read] = {
    str: read_text,
    bool: read_truth,
    int: read_whole,
    float: read_number,
    Any: read_anything,
    object: read_anything,
}

"""The keys that a dataclass has as a document, worked out once for each class."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any, NamedTuple, cast, get_type_hints

from cyborg_rr.domain.documents import KEY, PREFIX, SINCE, SPARSE, STATED


class Key(NamedTuple):
    """One field: its name in Python and in documents, its type, and whether it may be absent.

    ``prefix`` is None but for a composed field, whose own keys stand in its place, after it;
    ``since`` is the minor version that brought the field. One that is ``left_out`` is not written
    while it is empty.
    """

    field: str
    name: str
    hint: Any
    is_optional: bool
    prefix: str | None
    since: int
    left_out: bool


def keys_of(kind: type) -> tuple[Key, ...]:
    """The keys of a dataclass, in the order of its fields."""
    return _keys_of(cast(Hashable, kind))


@lru_cache(maxsize=256)
def _keys_of(kind: Any) -> tuple[Key, ...]:
    hints = get_type_hints(kind, include_extras=True)
    keys = tuple(
        Key(
            field=field.name,
            name=field.metadata.get(KEY, field.name),
            hint=hints[field.name],
            is_optional=STATED not in field.metadata
            and (field.default is not MISSING or field.default_factory is not MISSING),
            prefix=field.metadata.get(PREFIX),
            since=field.metadata.get(SINCE, 0),
            left_out=SPARSE in field.metadata,
        )
        for field in fields(kind)
    )
    names = [name for key in keys for name in names_of(key)]
    if len(set(names)) != len(names):
        raise TypeError(f"two fields of {kind.__name__} stand under one key: {sorted(names)}")
    return keys


def names_of(key: Key) -> tuple[str, ...]:
    """The names that a field has in a document: of a composed one those of its fields."""
    if key.prefix is None:
        return (key.name,)
    return tuple(f"{key.prefix}{name}" for part in keys_of(key.hint) for name in names_of(part))

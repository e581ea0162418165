"""Which versions of a document a reader takes; the rule stands in ``domain.documents``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin

from cyborg_rr.codec.shapes import keys_of, names_of
from cyborg_rr.codec.values import show
from cyborg_rr.domain.errors import InvalidInput

FIELD = "schema_version"
_MAX_DIGITS = 5


def is_newer_minor(stated: object, known: str, place: str) -> bool:
    """Whether a document is of a later minor version than ``known``, so that it may have new keys.

    ``InvalidInput`` for another major version, or for what is no version at all.
    """
    ours = _split(known)
    theirs = _split(stated)
    if ours is None or theirs is None:
        raise InvalidInput(f"{place}.{FIELD} must look like {known}, not {show(stated)}")
    if theirs[0] != ours[0]:
        raise InvalidInput(
            f"{place} has {FIELD} {show(stated)}, which is not supported; {ours[0]}.x is read here"
        )
    return theirs[1] > ours[1]


def _split(version: object) -> tuple[int, int] | None:
    """The two numbers of a version."""
    parts = version.split(".") if isinstance(version, str) else []
    numeric = all(x.isascii() and x.isdigit() and len(x) <= _MAX_DIGITS for x in parts)
    return (int(parts[0]), int(parts[1])) if len(parts) == 2 and numeric else None


def restrict(kind: type, document: Mapping[str, Any], minor: int) -> dict[str, Any]:
    """A document as a process of that minor version would have written it.

    Keys that came later are left out, also those of objects within, and a stated version is that
    one.
    """
    kept = _leave_out(kind, document, minor)
    stated = _split(kept.get(FIELD))
    if stated is not None:
        kept[FIELD] = f"{stated[0]}.{min(stated[1], minor)}"
    return kept


def _leave_out(kind: type, document: Mapping[str, Any], minor: int) -> dict[str, Any]:
    """What is not known here came later still: a newer release wrote it."""
    known = {name: key for key in keys_of(kind) for name in names_of(key)}
    kept = {}
    for name, value in document.items():
        key = known.get(name)
        if key is not None and key.since <= minor:
            hint = key.hint if key.prefix is None else None
            kept[name] = _leave_out_within(hint, value, minor)
    return kept


def _leave_out_within(hint: Any, value: Any, minor: int) -> Any:
    """The same for an object, a list of such, or objects by name."""
    if isinstance(hint, type) and is_dataclass(hint):
        return _leave_out(hint, value, minor) if isinstance(value, Mapping) else value
    held = [each for each in get_args(hint) if _find_dataclass(each) is not None]
    if len(held) != 1:
        return value
    if isinstance(value, list):
        return [_leave_out_within(held[0], each, minor) for each in value]
    origin = get_origin(hint)
    if isinstance(value, Mapping) and isinstance(origin, type) and issubclass(origin, Mapping):
        return {name: _leave_out_within(held[0], each, minor) for name, each in value.items()}
    return _leave_out_within(held[0], value, minor)


def _find_dataclass(hint: Any) -> type | None:
    """The only dataclass that a type speaks of, itself or what it holds."""
    if isinstance(hint, type) and is_dataclass(hint):
        return hint
    found = {inner for each in get_args(hint) if (inner := _find_dataclass(each)) is not None}
    return found.pop() if len(found) == 1 else None

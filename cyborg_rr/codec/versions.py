"""Which versions of a document a reader takes; the rule stands in ``domain.documents``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cyborg_rr.codec.shapes import keys_of
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

    Keys that came later are left out, and a stated version is that one.
    """
    later = {key.name for key in keys_of(kind) if key.since > minor}
    kept = {name: value for name, value in document.items() if name not in later}
    stated = _split(kept.get(FIELD))
    if stated is not None:
        kept[FIELD] = f"{stated[0]}.{min(stated[1], minor)}"
    return kept

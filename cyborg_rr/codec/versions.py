"""Which versions of a document a reader takes; the rule stands in ``domain.documents``."""

from __future__ import annotations

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

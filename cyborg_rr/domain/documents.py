"""How dataclasses stand in documents: marks that the codec reads and Python itself ignores.

A document is a dataclass as JSON data: a key for each field, in the order of the fields. What a
plain dataclass cannot say is marked here, so that the domain states its documents without knowing
who reads them. ``cyborg_rr.codec`` reads and writes them.

Versions
    A document with a field ``schema_version`` says which version it is of, as ``major.minor``. A
    new field is a new minor version: it has a default, and whoever does not know it may do without.
    Where that is not so, because a reader that drops the field would act wrongly, or where a key
    is renamed, retyped or taken away, the major version changes and older readers refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

KEY: Final = "key"
PREFIX: Final = "prefix"
STATED: Final = "stated"
SINCE: Final = "since"
SPARSE: Final = "sparse"

MAX_TEXT_LENGTH: Final = 4096
MAX_ENTRIES: Final = 65536
MAX_NUMBER: Final = 2**65


def key(name: str) -> Mapping[str, Any]:
    """Metadata of a field that stands in documents under another name than in Python."""
    return {KEY: name}


def composed(prefix: str = "") -> Mapping[str, Any]:
    """Metadata of a dataclass field whose own fields stand beside the others, after the prefix."""
    return {PREFIX: prefix}


def stated() -> Mapping[str, Any]:
    """Metadata of a field whose default is for Python only: a document must have the key."""
    return {STATED: True}


def sparse(since: int = 0) -> Mapping[str, Any]:
    """Metadata of a field that a document leaves out while it is empty, as it is by default."""
    return {SPARSE: True, SINCE: since}


def since(minor: int) -> Mapping[str, Any]:
    """Metadata of a field that came with a later minor version, for peers that refuse new keys."""
    return {SINCE: minor}


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a whole number, both inclusive."""

    least: int
    most: int = MAX_NUMBER


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of a number that need not be whole, both inclusive and finite."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Form:
    """What a text must look like: a regular expression for all of it, and that in words."""

    pattern: str
    words: str


@dataclass(frozen=True, slots=True)
class MaxItems:
    """The largest number of items of a list."""

    most: int


Count = Annotated[int, Range(0)]
"""How many of something; never negative."""

Positive = Annotated[int, Range(1)]
"""How many of something of which there is at least one."""

Share = Annotated[float, Interval(1e-6, 1.0)]
"""A part of a whole, such that dividing by it is safe."""

Remainder = Annotated[float, Interval(0.0, 1 - 1e-6)]
"""A part of a whole that is taken away, such that some of it is left."""

PositiveNumber = Annotated[float, Interval(1e-12, 1e18)]
"""A quantity in its unit, or a factor, such that neither product nor quotient leaves the floats."""

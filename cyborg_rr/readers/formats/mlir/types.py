"""Types as MLIR text writes them: tensors become ``TensorType``, tuples keep their elements."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cyborg_rr.domain.graph.bounds import Bounded
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.words import COMPLEX_OF, ELEMENT_TYPES
from cyborg_rr.readers.reading.limits import MAX_RANK

MAX_ELEMENTS = 2**63
MAX_TYPE_NESTING = 64

_DIMENSION = re.compile(rb"\s*+([0-9]++|\?)\s*+x")
_NUMBER_OR_OPEN = re.compile(rb"-?[0-9]++|\?")
_SPLIT = re.compile(rb"->|[<>(),\[\]{}]")
_UNSIGNED = re.compile(r"[us]i([0-9]{1,3})")
_QUANTISED = re.compile(
    rb'!quant[.<"]{1,2}(?:uniform|calibrated|any)\s*+<\s*+(?:(u?)i?([0-9]{1,2})\b|(f[0-9]E[0-9A-Z]{2,12}))'
)
_BOUNDS = re.compile(rb"#(?:stablehlo|mhlo)\s*\.?\s*(?:type_extensions|bounds)?\s*<([^<>]*+)>")
_SCALAR = re.compile(rb"index|[su]?i[0-9]{1,2}|b?f[0-9]{1,2}|f[0-9]E[0-9A-Z]{2,12}")
_ANY_DIMENSION = "?"
_TENSORS = (b"tensor<", b"vector<")


class BadType(Exception):
    """The text of a type is malformed or too large; the message is half a sentence."""


@dataclass(frozen=True, slots=True)
class TupleType:
    """Several values under one name."""

    elements: tuple[MlirType, ...]


@dataclass(frozen=True, slots=True)
class OpaqueType:
    """A type that is neither tensor nor tuple, by its text."""

    text: str


@dataclass(frozen=True, slots=True)
class FunctionType:
    """Types of operands and results."""

    inputs: tuple[MlirType, ...]
    results: tuple[MlirType, ...]


MlirType = TensorType | TupleType | OpaqueType | FunctionType

_MAX_LIST = 1000


class KnownTypes(dict[bytes, MlirType]):
    """Types by how they are written; equal lists of them are read once too."""

    def __init__(self) -> None:
        super().__init__()
        self._lists: dict[bytes, tuple[MlirType, ...]] = {}

    def find_all(self, text: bytes) -> tuple[MlirType, ...] | None:
        """The types in a list with commas between; None where one was not met before."""
        found = self._lists.get(text)
        if found is None:
            try:
                found = tuple([self[each] for each in text.split(b", ")])
            except KeyError:
                return None
            if len(text) <= _MAX_LIST:
                self._lists[text] = found
        return found


Aliases = Mapping[bytes, MlirType]
NO_ALIASES: Aliases = MappingProxyType({})


def parse_tensor(text: bytes, aliases: Aliases = NO_ALIASES) -> TensorType:
    """Read ``tensor<...>`` with dimensions, element type and perhaps an encoding.

    Raises ``BadType``.
    """
    body = text[text.index(b"<") + 1 : -1]
    if body.lstrip().startswith(b"*"):
        return TensorType(_parse_element(body[body.index(b"*") + 2 :], aliases), None)
    position, dimensions = 0, []
    while match := _DIMENSION.match(body, position):
        dimensions.append(_parse_dimension(match[1]))
        position = match.end()
    parts = split(body[position:])
    if len(parts) > 1:
        dimensions = apply_bounds(dimensions, parts[1])
    return make_tensor(_parse_element(parts[0], aliases), dimensions)


def make_tensor(element: str | None, dimensions: Sequence[Dimension]) -> TensorType:
    """A tensor with a rank. Raises ``BadType`` where it would be too large."""
    if len(dimensions) > MAX_RANK:
        raise BadType(f"a tensor has more than {MAX_RANK} dimensions")
    total = 1
    for dimension in dimensions:
        total *= dimension if isinstance(dimension, int) else 1
    if total >= MAX_ELEMENTS:
        raise BadType("a tensor has 2**63 elements or more")
    return TensorType(element, tuple(dimensions))


def _parse_dimension(text: bytes) -> Dimension:
    if text == b"?":
        return _ANY_DIMENSION
    if len(text) > 19 or int(text) >= MAX_ELEMENTS:
        raise BadType("a dimension is 2**63 or more")
    return int(text)


def apply_bounds(dimensions: list[Dimension], encoding: bytes) -> list[Dimension]:
    """The sizes, with the largest value of each open dimension that has one."""
    match = _BOUNDS.search(encoding)
    if match is None:
        return dimensions
    bounds = _NUMBER_OR_OPEN.findall(match[1])
    if len(bounds) != len(dimensions):
        return dimensions
    return [
        _parse_bound(bound) if dimension == _ANY_DIMENSION else dimension
        for dimension, bound in zip(dimensions, bounds, strict=True)
    ]


def _parse_bound(text: bytes) -> Dimension:
    """An open dimension with its largest size; a size below 0 bounds nothing."""
    most = _ANY_DIMENSION if text.startswith(b"-") else _parse_dimension(text)
    return Bounded(_ANY_DIMENSION, most) if isinstance(most, int) else most


def _parse_element(text: bytes, aliases: Aliases) -> str | None:
    text = text.strip()
    if text.startswith(b"!"):
        return _parse_dialect_element(text, aliases)
    if text.startswith(b"complex<"):
        part = text[8:-1].strip()
        return COMPLEX_OF.get(part.decode("ascii", "replace"))
    name = text.decode("ascii", "replace")
    if name == "index":
        return "i64"
    if match := _UNSIGNED.fullmatch(name):
        name = ("u" if name[0] == "u" else "i") + match[1]
    known = ELEMENT_TYPES.get(name)
    if known is not None and known.block is None and name != "str":
        return name
    if not name or not name[0].isalpha():
        raise BadType("a tensor has no element type")
    return None


def _parse_dialect_element(text: bytes, aliases: Aliases) -> str | None:
    """The storage type of a quantised element; None for other dialects' types."""
    alias = aliases.get(text)
    if isinstance(alias, OpaqueType):
        text = alias.text.encode()
    match = _QUANTISED.match(text)
    if match is None:
        return None
    name = match[3].decode() if match[3] else f"{'u' if match[1] else 'i'}{match[2].decode()}"
    return name if name in ELEMENT_TYPES else None


def split(text: bytes) -> list[bytes]:
    """The parts between commas that stand in no bracket."""
    parts, depth, begin = [], 0, 0
    for match in _SPLIT.finditer(text):
        mark = match[0]
        if mark == b",":
            if depth == 0:
                parts.append(text[begin : match.start()])
                begin = match.end()
        elif mark in b"<([{":
            depth += 1
        elif mark in b">)]}":
            depth -= 1
    parts.append(text[begin:])
    return parts


def parse_type(text: bytes, aliases: Aliases = NO_ALIASES, depth: int = 0) -> MlirType:
    """Read any type from its whole text. Raises ``BadType``."""
    if depth > MAX_TYPE_NESTING:
        raise BadType(f"types are nested more than {MAX_TYPE_NESTING} deep")
    text = text.strip()
    if text.startswith(_TENSORS):
        # of pointers, and vectors whose length the machine decides: by their text
        opaque = b"!tt.ptr" in text or text.startswith(b"vector<[")
        return _opaque(text) if opaque else parse_tensor(text, aliases)
    if text.startswith(b"tuple<"):
        body = text[6:-1].strip()
        parts = split(body) if body else []
        return TupleType(tuple(parse_type(part, aliases, depth + 1) for part in parts))
    if text in aliases:
        return aliases[text]
    if _SCALAR.fullmatch(text):
        return TensorType(_parse_element(text, aliases), ())
    return _opaque(text)


def _opaque(text: bytes) -> OpaqueType:
    return OpaqueType(text.decode("utf-8", "replace"))

"""Values of a program's JSON, each held to the kind that it has to be.

Unions are objects of one key, such as ``{"as_int": 4}`` (serde/union.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.domain.graph.shapes import ANY, Contradiction, check_type
from cyborg_rr.readers.formats.json_values import (
    get_field,
    get_integer,
    get_list,
    get_mapping,
    get_text,
)
from cyborg_rr.readers.torchexport.symbols import parse_size

_ELEMENT_TYPES: Final[Mapping[int, str]] = {
    1: "u8", 2: "i8", 3: "i16", 4: "i32", 5: "i64", 6: "f16", 7: "f32", 8: "f64",
    10: "c64", 11: "c128", 12: "i1", 13: "bf16", 28: "u16", 29: "f8E4M3FN", 30: "f8E5M2",
    31: "f8E4M3FNUZ", 32: "f8E5M2FNUZ", 33: "f8E8M0FNU", 34: "u32", 35: "u64",
}  # fmt: skip
"""serde/schema.py ScalarType; complex halves (9) have no name here."""

NUMBER_TYPES: Final[Mapping[str, str]] = {"sym_int": "i64", "sym_float": "f64", "sym_bool": "i1"}
"""What numbers that the program reckons are, by the kind that serde/schema.py calls them."""


@dataclass(slots=True)  # not frozen: one is made for every node and value
class Label:
    """What messages call a part of the program: written out when there is one."""

    before: str
    name: str
    after: str = ""

    def __str__(self) -> str:
        return f"{self.before}{quote(self.name)}{self.after}"


What = str | Label


def get_name(value: object, what: What) -> str:
    """The name in a record that has one."""
    return get_text(get_field(value, "name", what), what)


def get_choice(value: object, what: What) -> tuple[str, object]:
    """Which of a union's kinds it is, and what it holds."""
    fields = value if isinstance(value, dict) else get_mapping(value, what)
    for kind, inner in fields.items():
        if inner is not None:
            return kind, inner
    raise UnreadableModel(f"{what} says nothing")


def parse_type(value: object, name: str) -> TensorType:
    """The type that a TensorMeta record states for a value."""
    what = Label("the type of value ", name)
    code = get_integer(get_field(value, "dtype", what), what)
    sizes = get_list(get_field(value, "sizes", what), what)
    shape = tuple([_parse_size(size, what) for size in sizes])
    try:
        return _make_type(_ELEMENT_TYPES.get(code), shape)
    except Contradiction as contradiction:
        raise UnreadableModel(f"value {quote(name)}: {contradiction}") from contradiction


@lru_cache(maxsize=4096)
def _make_type(element_type: str | None, shape: tuple[Dimension, ...]) -> TensorType:
    """One object for equal types, checked once: a program has few of them."""
    return check_type(TensorType(element_type, shape))


def parse_sizes(value: object) -> tuple[int, ...] | None:
    """A list of sizes that are all numbers, otherwise None."""
    if not isinstance(value, list):
        return None
    sizes = tuple(_parse_size(size, "a stride") for size in value)
    known = tuple(size for size in sizes if isinstance(size, int))
    return known if len(known) == len(sizes) else None


def find_element_type_of(code: object) -> str | None:
    """The element type of a ScalarType code; None for one without a name here."""
    return _ELEMENT_TYPES.get(code) if isinstance(code, int) else None


def _parse_size(value: object, what: What) -> Dimension:
    """A SymInt: a number, or an expression over symbols that keeps its text."""
    if isinstance(value, dict) and len(value) == 1:
        plain = value.get("as_int")
        if type(plain) is int and 0 <= plain < 1 << 63:  # nearly all of them
            return plain
    kind, inner = get_choice(value, what)
    if kind == "as_int":
        return get_integer(inner, what)
    if kind != "as_expr":
        raise UnreadableModel(f"{what} has a size that is neither number nor expression")
    text = get_field(inner, "expr_str", what)
    return parse_size(text) if isinstance(text, str) and text else ANY

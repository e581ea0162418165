"""Fields of Relay's nodes in JSON: types, names, attributes of operations.

A field's text is a number or the place of a node; which, is said by its type in
include/tvm/relay/attrs. Those of ``_NUMBERS`` are plain, others name a node where it is one that
has a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Dimension
from cyborg_rr.domain.graph.shapes import ANY
from cyborg_rr.readers.tvm.program import Plain
from cyborg_rr.readers.tvm.written.nodes import Nodes, as_whole
from cyborg_rr.readers.tvm.written.types import (
    OtherType,
    TupleType,
    ValueType,
    find_element,
    make_tensor,
)

MAX_NESTED: Final = 32

_NUMBERS: Final = frozenset(
    {
        "groups", "ceil_mode", "count_include_pad", "keepdims", "exclude", "batch_dims", "epsilon",
        "center", "scale", "rate", "alpha", "transpose_a", "transpose_b", "num_newaxis",
        "block_size", "align_corners", "sample_ratio", "spatial_scale", "is_ascend", "depth",
        "a_min", "a_max", "bias", "size", "beta", "eps", "scale_h", "scale_w", "scale_d",
        "num_groups", "unbiased", "select_last_index", "allowzero", "repeats", "upper", "mode",
    }
)  # fmt: skip
_LISTED_AXES: Final = ("Reduce", "Squeeze", "L2Normalize", "Variance", "ArgReduce")
"""Attributes whose ``axis`` is a list of dimensions; that of others is one number."""

_LISTED_SIZES: Final = ("Resize", "CropAndResize")
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,40}\.?\d{0,40}(?:e[+-]?\d{1,4})?|inf|nan)")
_VALUES: Final = frozenset({"IntImm", "FloatImm", "Array", "StringImm", "runtime.String", "String"})


class Fields:
    """The fields of one file."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._types: dict[int, ValueType] = {}

    # ---- names

    def get_name(self, place: int, field: str) -> str:
        """A name: text itself until 0.6, the node of one since; ``UnreadableModel`` without one."""
        stated = self._nodes.text(place, field)
        number = None if stated is None else as_whole(stated)
        if number is not None and 0 < number < len(self._nodes.nodes):
            stated = self._nodes.string(number) or stated
        if not stated or len(stated) > 4096:
            raise UnreadableModel(f"node {place} has no name")
        return stated

    def get_operation(self, place: int) -> str:
        """The name of an operation: of the node itself, or in its fields."""
        node = self._nodes.node(place)
        stated = node.get("repr_str", node.get("global_key"))
        if isinstance(stated, str) and 0 < len(stated) <= 200:
            return stated
        field = "name" if "name" in self._nodes.attributes(place) else "name_hint"
        return self.get_name(place, field)

    # ---- types

    def find_type(self, place: int, depth: int = 0) -> ValueType:
        """The type that a node is; None where nothing is stated."""
        if not place:
            return None
        if place not in self._types:
            if depth > MAX_NESTED:
                raise UnreadableModel(f"types are nested more than {MAX_NESTED} deep")
            self._types[place] = self._read_type(place, depth)
        return self._types[place]

    def find_variable_type(self, place: int) -> ValueType:
        """The type of a variable: as annotated, or as TVM found it."""
        stated = self.find_type(self._nodes.reference(place, "type_annotation"))
        return stated or self.find_type(self._nodes.reference(place, "_checked_type_"))

    def _read_type(self, place: int, depth: int) -> ValueType:
        nodes = self._nodes
        kind = nodes.kind(place)
        if kind in ("relay.TensorType", "TensorType"):
            sizes = [self._size(each) for each in nodes.items(nodes.reference(place, "shape"))]
            return make_tensor(find_element(nodes.text(place, "dtype") or ""), sizes)
        if kind in ("relay.TupleType", "TupleType"):
            fields = nodes.items(nodes.reference(place, "fields"))
            return TupleType(tuple(self.find_type(each, depth + 1) for each in fields))
        if kind in ("relay.IncompleteType", "IncompleteType"):
            return None
        return OtherType(kind[:80])

    def _size(self, place: int) -> Dimension:
        kind = self._nodes.kind(place)
        if kind == "IntImm":
            return as_whole(self._nodes.text(place, "value") or "") or 0
        if kind in ("Variable", "tir.Var", "tir.SizeVar"):
            return self.get_name(place, "name")[:64]
        return ANY

    # ---- attributes

    def parse_attributes(self, place: int) -> Mapping[str, Plain]:
        """The attributes of a call by name."""
        if not place:
            return {}
        kind = self._nodes.kind(place).rpartition(".")[2]
        return {
            name: self._attribute(name, stated, kind)
            for name, stated in self._nodes.attributes(place).items()
            if isinstance(stated, str) and name != "span"
        }

    def _attribute(self, name: str, stated: str, kind: str) -> Plain:
        whole = as_whole(stated)
        if whole is None:
            return _as_number(stated)
        listed = name == "axis" and kind.startswith(_LISTED_AXES)
        listed |= name == "size" and kind.startswith(_LISTED_SIZES)
        if (name in _NUMBERS or name == "axis") and not listed:
            return whole
        if not 0 <= whole < len(self._nodes.nodes):
            return whole
        if self._nodes.kind(whole) in _VALUES:
            return self._value(whole, 0)
        return None if whole == 0 else whole

    def _value(self, place: int, depth: int) -> Plain:
        if depth > MAX_NESTED:
            raise UnreadableModel(f"lists are nested more than {MAX_NESTED} deep")
        kind = self._nodes.kind(place)
        if kind == "Array":
            items = self._nodes.items(place)
            return tuple(self._value(each, depth + 1) for each in items)
        if kind == "IntImm":
            return as_whole(self._nodes.text(place, "value") or "")
        if kind == "FloatImm":
            return _as_number(self._nodes.text(place, "value") or "")
        return self._nodes.string(place)


def _as_number(stated: str) -> Plain:
    """The number that a text is; a text that is none as it is."""
    return float(stated) if _NUMBER.fullmatch(stated) else stated

"""Types and values as the file spells them.

Element types are words of C++ (``element::Type::c_type_string``), objects of early releases that
hold such a word, or those of OpenVINO in the last releases. Values are texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import SMALL_CONSTANT_ELEMENTS, Scalar, Shape, TensorType
from cyborg_rr.domain.graph.shapes import Contradiction, check_type
from cyborg_rr.readers.formats.json_values import get_integer, get_list, get_mapping
from cyborg_rr.readers.reading.limits import MAX_RANK

ELEMENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "float": "f32", "double": "f64", "float16": "f16", "bfloat16": "bf16", "char": "i1",
        "bool": "i1", "boolean": "i1", "int8_t": "i8", "int16_t": "i16", "int32_t": "i32",
        "int64_t": "i64", "uint8_t": "u8", "uint16_t": "u16", "uint32_t": "u32",
        "uint64_t": "u64",
        **{name: name for name in ("f16", "f32", "f64", "bf16", "i8", "i16", "i32", "i64", "u8",
                                   "u16", "u32", "u64")},
    }
)  # fmt: skip

_KEPT_FLOATS: Final = 16
_MAX_DIGITS: Final = 40


def find_type(stated: object) -> str | None:
    """The element type that a word, or an object around it, means."""
    if isinstance(stated, dict):
        stated = stated.get("c_type_string", stated.get("c_type"))
    return ELEMENT_TYPES.get(stated) if isinstance(stated, str) else None


def read_shape(stated: object, symbol: str, what: str) -> Shape | None:
    """A shape; open sizes become symbols, None where the rank is open."""
    if stated is None:
        return None
    sizes = get_list(stated, f"the shape of {what}")
    if len(sizes) > MAX_RANK:
        raise UnreadableModel(f"{what} has rank {len(sizes)}")
    return tuple(
        f"unk__{symbol}_{place}" if size is None else get_integer(size, f"a size of {what}")
        for place, size in enumerate(sizes)
    )


def read_type(fields: Mapping[str, object], symbol: str, what: str) -> TensorType:
    """The type of a parameter or constant; it stood in ``value_type`` in the first releases."""
    outer = fields.get("value_type")
    if outer is not None and "shape" not in fields:
        fields = get_mapping(outer, f"the type of {what}")
    shape = read_shape(fields.get("shape"), symbol, what)
    try:
        return check_type(TensorType(find_type(fields.get("element_type")), shape))
    except Contradiction as contradiction:
        raise UnreadableModel(f"{what}: {contradiction}") from contradiction


def read_values(stated: object, known: TensorType) -> tuple[Scalar, ...] | None:
    """Few and small values, one for all or one for each; None where they are many or weights."""
    if not isinstance(stated, list) or known.elements is None:
        return None
    if len(stated) not in (1, known.elements) or known.elements == 0:
        return () if known.elements == 0 else None
    is_float = known.element_type in ("f16", "bf16", "f32", "f64")
    if len(stated) > (_KEPT_FLOATS if is_float else SMALL_CONSTANT_ELEMENTS):
        return None
    found = [_read_value(each, is_float) for each in stated]
    values = tuple(each for each in found if each is not None)
    return values if len(values) == len(found) else None


def _read_value(stated: object, is_float: bool) -> Scalar | None:
    text = str(stated) if isinstance(stated, str | int | float) else ""
    if not text or len(text) > _MAX_DIGITS:
        return None
    try:
        return float(text) if is_float else int(text)
    except ValueError:
        return None

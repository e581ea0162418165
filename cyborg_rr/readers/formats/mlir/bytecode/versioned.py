"""Operations of VHLO under StableHLO's names and with its attributes (VhloToStablehlo).

VHLO numbers each form of an operation that there ever was, and keeps apart the axes that StableHLO
puts into one attribute.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.printing import render_printable
from cyborg_rr.readers.formats.mlir.bytecode.stablehlo import (
    ALGORITHM_FIELDS,
    DOT_FIELDS,
    GATHER_FIELDS,
    SCATTER_FIELDS,
    render_algorithm,
    render_convolution,
    render_fields,
)
from cyborg_rr.readers.formats.mlir.constants import DenseConstant
from cyborg_rr.readers.formats.mlir.values import DialectAttribute, Symbol, Value
from cyborg_rr.readers.reading.limits import MAX_RANK

_SECOND_FORMS: Final = frozenset(
    {
        "all_gather",
        "all_reduce",
        "all_to_all",
        "cbrt",
        "composite",
        "cosine",
        "dot_general",
        "dynamic_conv",
        "dynamic_gather",
        "exponential",
        "exponential_minus_one",
        "gather",
        "log",
        "log_plus_one",
        "logistic",
        "recv",
        "rsqrt",
        "scatter",
        "send",
        "sine",
        "sqrt",
        "tan",
        "tanh",
    }
)  # fmt: skip
"""Operations that have a second form; of all others the first is the only one up to StableHLO 1.17.

Forms never change once they are published (VHLO's compatibility guarantee), so an artifact of any
later version is read as long as it uses these (stablehlo/dialect/VhloOps.td).
"""

_PRODUCER = re.compile(r"StableHLO_v([0-9]{1,4})\.([0-9]{1,6})\.([0-9]{1,6})", re.IGNORECASE)
_NAME = re.compile(r"vhlo\.(.+)_v([0-9]{1,4})")
_FUNCTIONS: Final = {"func": "func.func", "call": "func.call"}

Attributes = Mapping[str, Value]


def parse_producer(producer: str) -> tuple[int, int, int] | None:
    """The version of a portable artifact; None for what another producer wrote."""
    match = _PRODUCER.match(producer)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def rename(name: str) -> str:
    """The name of an operation without its version; other dialects' stay as they are.

    Raises ``UnreadableModel`` for a form that is newer than those that are known.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return name
    if int(match[2]) > (2 if match[1] in _SECOND_FORMS else 1):
        raise UnreadableModel(
            f"{render_printable(name)[:80]} is a newer form of the operation than is known: "
            "serialise the artifact for an older version of StableHLO"
        )
    return _FUNCTIONS.get(match[1], f"stablehlo.{match[1]}")


def _axes(attributes: Attributes, name: str) -> tuple[int, ...]:
    """Axes from a constant; none from one that is longer than any list of axes."""
    value = attributes.get(name)
    count = value.type.elements if isinstance(value, DenseConstant) else None
    if not isinstance(value, DenseConstant) or count is None or count > MAX_RANK:
        return ()
    numbers = (value.values or ()) * (count if value.splat else 1)
    return tuple([int(number) for number in numbers if isinstance(number, int)])


def _axis(attributes: Attributes, name: str) -> int:
    value = attributes.get(name)
    return value if isinstance(value, int) else 0


def _merge_fields(
    target: str, kind: str, fields: tuple[str, ...]
) -> Callable[[Attributes], dict[str, Value]]:
    def merge(attributes: Attributes) -> dict[str, Value]:
        values = [
            _axis(attributes, name) if name == "index_vector_dim" else _axes(attributes, name)
            for name in fields
        ]
        body = render_fields(fields, values)
        return {target: DialectAttribute(f"stablehlo.{kind}", body)}

    return merge


def _merge_product(attributes: Attributes) -> dict[str, Value]:
    """Dimensions, and how the product is reckoned where that is stated."""
    found = _merge_fields("dot_dimension_numbers", "dot", DOT_FIELDS)(attributes)
    values = [attributes.get(name) for name in ALGORITHM_FIELDS]
    types = [each.element_type for each in values[:3] if isinstance(each, TensorType)]
    if len(types) == 3:
        counts = [each if isinstance(each, int) else 1 for each in values[3:6]]
        last = "true" if values[6] is True else "false"
        found["algorithm"] = render_algorithm((*(name or "?" for name in types), *counts, last))
    return found


def _merge_convolution(attributes: Attributes) -> dict[str, Value]:
    numbers = [
        (
            _axis(attributes, f"{which}_{first}_dimension"),
            _axis(attributes, f"{which}_{second}_dimension"),
            _axes(attributes, f"{which}_spatial_dimensions"),
        )
        for which, first, second in (
            ("input", "batch", "feature"),
            ("kernel", "input_feature", "output_feature"),
            ("output", "batch", "feature"),
        )
    ]
    body = render_convolution(numbers)
    return {"dimension_numbers": DialectAttribute("stablehlo.conv", body)}


def _merge_composite(attributes: Attributes) -> dict[str, Value]:
    decomposition = attributes.get("decomposition")
    return {"decomposition": Symbol(decomposition)} if isinstance(decomposition, str) else {}


_MERGES: Final[Mapping[str, Callable[[Attributes], dict[str, Value]]]] = MappingProxyType(
    {
        "stablehlo.composite": _merge_composite,
        "stablehlo.convolution": _merge_convolution,
        "stablehlo.dot_general": _merge_product,
        "stablehlo.dynamic_conv": _merge_convolution,
        "stablehlo.dynamic_gather": _merge_fields("dimension_numbers", "gather", GATHER_FIELDS),
        "stablehlo.gather": _merge_fields("dimension_numbers", "gather", GATHER_FIELDS),
        "stablehlo.scatter": _merge_fields("scatter_dimension_numbers", "scatter", SCATTER_FIELDS),
    }
)


def merge_attributes(operation: str, attributes: Attributes) -> Attributes:
    """The attributes as StableHLO has them; ``operation`` is the name that it has there."""
    merge = _MERGES.get(operation)
    return attributes if merge is None else {**attributes, **merge(attributes)}

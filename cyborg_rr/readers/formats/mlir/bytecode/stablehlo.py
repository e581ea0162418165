"""Attributes of StableHLO and CHLO, written as in their text, and quantised element types.

Codes: StablehloBytecode.cpp, ChloBytecode.cpp, mlir/Dialect/Quant/IR/QuantDialectBytecode.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.mlir.bytecode.builtin import element_name, read_tuple, scalar
from cyborg_rr.readers.formats.mlir.bytecode.entries import AttributeRule, EntryCursor, Rules
from cyborg_rr.readers.formats.mlir.types import OpaqueType
from cyborg_rr.readers.formats.mlir.values import DialectAttribute

_OPEN_BOUND: Final = -(2**63)

# StablehloEnums.td; the words of each kind by their numbers.
_ENUMERATIONS: Final = {
    "comparison_direction": ("EQ", "NE", "GE", "GT", "LE", "LT"),
    "comparison_type": ("NOTYPE", "FLOAT", "TOTALORDER", "SIGNED", "UNSIGNED"),
    "fft_type": ("FFT", "IFFT", "RFFT", "IRFFT"),
    "precision": ("DEFAULT", "HIGH", "HIGHEST"),
    "rng_algorithm": ("DEFAULT", "THREE_FRY", "PHILOX"),
    "rng_distribution": ("", "UNIFORM", "NORMAL"),
    "transpose": ("TRANSPOSE_INVALID", "NO_TRANSPOSE", "TRANSPOSE", "ADJOINT"),
}


def enumeration(kind: str) -> AttributeRule:
    """An attribute that is one word of several."""
    words = _ENUMERATIONS[kind]

    def read(cursor: EntryCursor) -> DialectAttribute:
        number = cursor.number()
        if number >= len(words):
            cursor.fail(f"{number} is no {kind}")
        return DialectAttribute("stablehlo", f"{kind} {words[number]}")

    return read


def render_fields(names: Sequence[str], values: Sequence[Sequence[int] | int]) -> str:
    """``name = [0, 1]``; what is empty or 0 is left out, as in text."""
    return ", ".join(
        f"{name} = {list(value) if isinstance(value, tuple) else value}"
        for name, value in zip(names, values, strict=True)
        if value
    )


def render_convolution(numbers: Sequence[tuple[int, int, tuple[int, ...]]]) -> str:
    """``[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]`` from the places of two letters and the rest."""
    parts = [
        _render_layout(dict(zip(letters, places, strict=True)), spatial)
        for letters, (*places, spatial) in zip(("bf", "io", "bf"), numbers, strict=True)
    ]
    return f"{parts[0]}x{parts[1]}->{parts[2]}"


def _render_layout(places: dict[str, int], spatial: tuple[int, ...]) -> str:
    rank = len(places) + len(spatial)
    words = ["?"] * rank
    named = [*((place, letter) for letter, place in places.items()),
             *((place, str(axis)) for axis, place in enumerate(spatial))]  # fmt: skip
    for place, word in named:
        if 0 <= place < rank:
            words[place] = word
    return f"[{', '.join(words)}]"


def _read_convolution(cursor: EntryCursor) -> DialectAttribute:
    numbers = [(cursor.signed(), cursor.signed(), cursor.integers()) for _ in range(3)]
    return DialectAttribute("stablehlo.conv", render_convolution(numbers))


DOT_FIELDS: Final = (
    "lhs_batching_dimensions", "rhs_batching_dimensions",
    "lhs_contracting_dimensions", "rhs_contracting_dimensions",
)  # fmt: skip
GATHER_FIELDS: Final = (
    "offset_dims", "collapsed_slice_dims", "operand_batching_dims",
    "start_indices_batching_dims", "start_index_map", "index_vector_dim",
)  # fmt: skip
SCATTER_FIELDS: Final = (
    "update_window_dims", "inserted_window_dims", "input_batching_dims",
    "scatter_indices_batching_dims", "scatter_dims_to_operand_dims", "index_vector_dim",
)  # fmt: skip


def _read_dot(cursor: EntryCursor) -> DialectAttribute:
    values = [cursor.integers() for _ in DOT_FIELDS]
    return DialectAttribute("stablehlo.dot", render_fields(DOT_FIELDS, values))


ALGORITHM_FIELDS: Final = (
    "lhs_precision_type", "rhs_precision_type", "accumulation_type", "lhs_component_count",
    "rhs_component_count", "num_primitive_operations", "allow_imprecise_accumulation",
)  # fmt: skip


def render_algorithm(values: Sequence[str | int]) -> DialectAttribute:
    """How a product is reckoned; ``values`` are those of ``ALGORITHM_FIELDS``."""
    pairs = zip(ALGORITHM_FIELDS, values, strict=True)
    body = ", ".join(f"{name} = {value}" for name, value in pairs)
    return DialectAttribute("stablehlo.dot_algorithm", body)


def _read_algorithm(cursor: EntryCursor) -> DialectAttribute:
    names = [element_name(cursor.type()) or "?" for _ in range(3)]
    counts = [cursor.signed() for _ in range(3)]
    return render_algorithm((*names, *counts, "true" if cursor.byte() else "false"))


def _numbered(name: str, fields: Sequence[str]) -> AttributeRule:
    """Lists of axes and one axis behind them."""

    def read(cursor: EntryCursor) -> DialectAttribute:
        values: list[Sequence[int] | int] = [cursor.integers() for _ in fields[:-1]]
        values.append(cursor.signed())
        return DialectAttribute(f"stablehlo.{name}", render_fields(fields, values))

    return read


def read_bounds(cursor: EntryCursor) -> DialectAttribute:
    """The largest sizes of open dimensions."""
    sizes = ["?" if size == _OPEN_BOUND else str(size) for size in cursor.integers()]
    return DialectAttribute("stablehlo.bounds", f"#stablehlo.bounds<{', '.join(sizes)}>")


def _passed_over(name: str) -> AttributeRule:
    """An attribute that no rule asks for."""

    def read(cursor: EntryCursor) -> DialectAttribute:
        cursor.pass_over()
        return DialectAttribute(f"stablehlo.{name}", "")

    return read


STABLEHLO: Final = Rules(
    {
        1: _passed_over("channel_handle"),
        2: enumeration("comparison_direction"),
        3: enumeration("comparison_type"),
        4: _read_convolution,
        5: _read_dot,
        6: enumeration("fft_type"),
        7: _numbered("gather", GATHER_FIELDS),
        8: enumeration("precision"),
        9: enumeration("rng_algorithm"),
        10: enumeration("rng_distribution"),
        11: _numbered("scatter", SCATTER_FIELDS),
        12: enumeration("transpose"),
        13: read_bounds,
        14: _passed_over("output_operand_alias"),
        15: _read_algorithm,
        16: _passed_over("result_accuracy_mode"),
        17: _passed_over("result_accuracy"),
    },
    {0: lambda _: OpaqueType("!stablehlo.token"), 1: read_tuple},
)

CHLO: Final = Rules({0: enumeration("comparison_direction"), 1: enumeration("comparison_type")}, {})

_SIGNED: Final = 1


def read_quantised(cursor: EntryCursor) -> TensorType:
    """Flags, then the type of storage; scales and zero points are passed over."""
    flags = cursor.number()
    name = element_name(cursor.type())
    cursor.pass_over()
    if name is not None and name.startswith("i") and not flags & _SIGNED:
        name = f"u{name[1:]}"
    return scalar(name)


def _read_calibrated(cursor: EntryCursor) -> TensorType:
    """A type that is still to be quantised."""
    name = element_name(cursor.type())
    cursor.pass_over()
    return scalar(name)


QUANT: Final = Rules({}, {**dict.fromkeys((1, 2, 4, 5, 6), read_quantised), 3: _read_calibrated})

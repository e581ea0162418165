"""What builtin operations state about themselves: the tables in the union BuiltinOptions.

Source: tensorflow/lite/schema/schema.fbs. A field is given by its number in the table, the letter
of its type (``*`` before it: a vector) and its default where that is not 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, cast

from cyborg_rr.readers.formats.flatbuffers import Code, Table


class _Field(NamedTuple):
    name: str
    number: int
    code: str
    default: int = 0


class _Options(NamedTuple):
    """A table: its number in the union, which union, and the fields that we read."""

    kind: int
    fields: tuple[_Field, ...]
    second: bool = False


def _options(kind: int, *fields: tuple[str, int, str] | tuple[str, int, str, int]) -> _Options:
    return _Options(kind, tuple(_Field(*each) for each in fields))


def _second(kind: int, *fields: tuple[str, int, str]) -> _Options:
    """A table of the second union."""
    return _Options(kind, tuple(_Field(*each) for each in fields), second=True)


def _lists(kind: int, *names: str) -> _Options:
    """A table of the second union whose first fields are lists of long numbers."""
    return _second(kind, *((name, number, "*q") for number, name in enumerate(names)))


def _fused(kind: int, number: int = 0) -> _Options:
    return _options(kind, ("fused", number, "b"))


_POOL: Final = _options(
    5, ("padding", 0, "b"), ("stride_w", 1, "i"), ("stride_h", 2, "i"), ("filter_w", 3, "i"),
    ("filter_h", 4, "i"), ("fused", 5, "b"),
)  # fmt: skip
_CONV_3D: Final = _options(
    106, ("padding", 0, "b"), ("stride_d", 1, "i"), ("stride_w", 2, "i"), ("stride_h", 3, "i"),
    ("fused", 4, "b"), ("dilation_d", 5, "i", 1), ("dilation_w", 6, "i", 1),
    ("dilation_h", 7, "i", 1),
)  # fmt: skip
_REDUCER: Final = _options(27, ("keep_dims", 0, "?"))

_TABLES: Final[Mapping[str, _Options]] = {
    "CONV_2D": _options(
        1, ("padding", 0, "b"), ("stride_w", 1, "i"), ("stride_h", 2, "i"), ("fused", 3, "b"),
        ("dilation_w", 4, "i", 1), ("dilation_h", 5, "i", 1),
    ),
    "DEPTHWISE_CONV_2D": _options(
        2, ("padding", 0, "b"), ("stride_w", 1, "i"), ("stride_h", 2, "i"), ("fused", 4, "b"),
        ("dilation_w", 5, "i", 1), ("dilation_h", 6, "i", 1),
    ),
    "TRANSPOSE_CONV": _options(
        49, ("padding", 0, "b"), ("stride_w", 1, "i"), ("stride_h", 2, "i"), ("fused", 3, "b")
    ),
    "CONV_3D": _CONV_3D, "CONV_3D_TRANSPOSE": _CONV_3D,
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"), _POOL),
    **dict.fromkeys(("SUM", "MEAN", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY",
                     "REDUCE_ALL"), _REDUCER),
    "FULLY_CONNECTED": _options(
        8, ("fused", 0, "b"), ("weights_format", 1, "b"), ("keep_num_dims", 2, "?")
    ),
    "CONCATENATION": _options(10, ("axis", 0, "i"), ("fused", 1, "b")),
    "ADD": _fused(11), "SUB": _fused(28), "MUL": _fused(21), "DIV": _fused(29),
    "L2_NORMALIZATION": _fused(12),
    "LOCAL_RESPONSE_NORMALIZATION": _options(13, ("radius", 0, "i")),
    "RESHAPE": _options(17, ("new_shape", 0, "*i")),
    "SPACE_TO_DEPTH": _options(19, ("block_size", 0, "i")),
    "DEPTH_TO_SPACE": _options(94, ("block_size", 0, "i")),
    "GATHER": _options(23, ("axis", 0, "i"), ("batch_dims", 1, "i")),
    "SQUEEZE": _options(30, ("squeeze_dims", 0, "*i")),
    "UNIDIRECTIONAL_SEQUENCE_RNN": _options(31, ("time_major", 0, "?"), ("fused", 1, "b")),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _options(71, ("time_major", 3, "?")),
    "BIDIRECTIONAL_SEQUENCE_LSTM": _options(
        69, ("merge_outputs", 3, "?"), ("time_major", 4, "?", 1)
    ),
    "BIDIRECTIONAL_SEQUENCE_RNN": _options(
        70, ("time_major", 0, "?"), ("fused", 1, "b"), ("merge_outputs", 2, "?")
    ),
    "LSTM": _options(14, ("kernel", 3, "b")),
    "SVDF": _options(6, ("rank", 0, "i"), ("fused", 1, "b")),
    "EMBEDDING_LOOKUP_SPARSE": _options(20, ("combiner", 0, "b")),
    "REVERSE_SEQUENCE": _options(87, ("sequence_axis", 0, "i")),
    "VAR_HANDLE": _options(111, ("container", 0, "text"), ("name", 1, "text")),
    "FAKE_QUANT": _options(58, ("num_bits", 2, "i")),
    "REDUCE_WINDOW": _second(20, ("function", 0, "i")),
    "STRIDED_SLICE": _options(
        32, ("begin_mask", 0, "i"), ("end_mask", 1, "i"), ("ellipsis_mask", 2, "i"),
        ("new_axis_mask", 3, "i"), ("shrink_axis_mask", 4, "i"), ("offset", 5, "?"),
    ),
    "PACK": _options(59, ("axis", 1, "i")),
    "UNPACK": _options(64, ("axis", 1, "i")),
    "ONE_HOT": _options(61, ("axis", 0, "i")),
    "LEAKY_RELU": _options(75, ("alpha", 0, "f")),
    "MIRROR_PAD": _options(77, ("mode", 0, "b")),
    "BATCH_MATMUL": _options(101, ("adj_x", 0, "?"), ("adj_y", 1, "?")),
    "IF": _options(92, ("then", 0, "i"), ("else", 1, "i")),
    "WHILE": _options(93, ("condition", 0, "i"), ("body", 1, "i")),
    "CALL": _options(16, ("subgraph", 0, "I")),
    "CALL_ONCE": _options(103, ("subgraph", 0, "i")),
    "STABLEHLO_COMPOSITE": _second(21, ("subgraph", 1, "i")),
    "STABLEHLO_CONCATENATE": _second(1, ("dimension", 0, "q")),
    "STABLEHLO_BROADCAST_IN_DIM": _lists(2, "dimensions"),
    "STABLEHLO_SLICE": _lists(3, "starts", "ends", "strides"),
    "STABLEHLO_CONVOLUTION": _second(
        4, ("strides", 0, "*q"), ("padding", 1, "*q"), ("lhs_dilation", 2, "*q"),
        ("rhs_dilation", 3, "*q"), ("input_N", 5, "q"), ("input_C", 6, "q"),
        ("input_spatial", 7, "*q"), ("kernel_I", 8, "q"), ("kernel_O", 9, "q"),
        ("kernel_spatial", 10, "*q"), ("output_N", 11, "q"), ("output_C", 12, "q"),
        ("output_spatial", 13, "*q"), ("groups", 14, "q"), ("batch_groups", 15, "q"),
    ),
    "STABLEHLO_CUSTOM_CALL": _second(5, ("target", 0, "text")),
    "STABLEHLO_REDUCE": _second(6, ("dimensions", 0, "*q"), ("reducer", 1, "i")),
    "STABLEHLO_SCATTER": _second(7, ("reducer", 6, "i")),
    "STABLEHLO_COMPARE": _second(8, ("direction", 0, "I")),
    "STABLEHLO_DYNAMIC_SLICE": _lists(9, "slice_sizes"),
    "STABLEHLO_PAD": _lists(10, "low", "high", "interior"),
    "STABLEHLO_IOTA": _second(11, ("dimension", 0, "q")),
    "STABLEHLO_DOT_GENERAL": _lists(
        12, "lhs_batching", "rhs_batching", "lhs_contracting", "rhs_contracting"
    ),
    "STABLEHLO_REDUCE_WINDOW": _second(
        13, ("sizes", 0, "*q"), ("strides", 1, "*q"), ("base_dilations", 2, "*q"),
        ("window_dilations", 3, "*q"), ("padding", 4, "*q"), ("reducer", 5, "i"),
    ),
    "STABLEHLO_SORT": _second(14, ("dimension", 0, "q"), ("reducer", 2, "i")),
    "STABLEHLO_WHILE": _second(15, ("condition", 0, "i"), ("body", 1, "i")),
    "STABLEHLO_GATHER": _second(
        16, ("offset_dims", 0, "*q"), ("collapsed_slice_dims", 1, "*q"),
        ("index_vector_dim", 3, "q"), ("slice_sizes", 4, "*q"),
    ),
    "STABLEHLO_TRANSPOSE": _lists(17, "permutation"),
    "STABLEHLO_CASE": _second(23, ("branches", 0, "*i")),
}  # fmt: skip


def read_options(operation: str, table: Table) -> Mapping[str, object]:
    """The options of an operation; defaults where its table is absent or another's."""
    wanted = _TABLES.get(operation)
    if wanted is None:
        return MappingProxyType({})
    field = 11 if wanted.second else 3
    stated = table.integer(field, "B") == wanted.kind
    options = table.table(field + 1) if stated else None
    return {each.name: _read(options, each) for each in wanted.fields}


def _read(options: Table | None, field: _Field) -> object:
    if field.code == "text":
        return "" if options is None else options.text(field.number)
    vector, code = field.code.startswith("*"), cast("Code", field.code.lstrip("*"))
    if options is None:
        return () if vector else field.default
    if vector:
        return options.integers(field.number, code)
    return options.number(field.number, code, field.default)

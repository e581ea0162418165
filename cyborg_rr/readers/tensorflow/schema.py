"""Numbers and names that TensorFlow's files use.

Sources: tensorflow/core/framework/types.proto (DataType) and, for the names of results, the
registrations of operations in tensorflow/core/ops/*.cc (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ELEMENT_TYPES: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "f32", 2: "f64", 3: "i32", 4: "u8", 5: "i16", 6: "i8", 7: "str", 8: "c64", 9: "i64",
        10: "i1", 11: "i8", 12: "u8", 13: "i32", 14: "bf16", 15: "i16", 16: "u16", 17: "u16",
        18: "c128", 19: "f16", 20: "token", 21: "token", 22: "u32", 23: "u64", 24: "f8E5M2",
        25: "f8E4M3FN", 26: "f8E4M3FNUZ", 27: "f8E4M3B11FNUZ", 28: "f8E5M2FNUZ", 29: "i4",
        30: "u4", 31: "i2", 32: "u2",
    }
)  # fmt: skip
"""DataType; quantised ones (11 to 13, 15, 16) are stored as the integers that they are."""

RESOURCE: Final = 20

_REFERENCE: Final = 100
"""What is added to the number of a type for a reference to it (variables before resources)."""

_WORDS: Final = (
    "INVALID FLOAT DOUBLE INT32 UINT8 INT16 INT8 STRING COMPLEX64 INT64 BOOL QINT8 QUINT8 QINT32 "
    "BFLOAT16 QINT16 QUINT16 UINT16 COMPLEX128 HALF RESOURCE VARIANT UINT32 UINT64 FLOAT8_E5M2 "
    "FLOAT8_E4M3FN FLOAT8_E4M3FNUZ FLOAT8_E4M3B11FNUZ FLOAT8_E5M2FNUZ INT4 UINT4 INT2 UINT2"
)

TYPE_NAMES: Final[Mapping[str, int]] = MappingProxyType(
    {
        f"DT_{name}{suffix}": number + offset
        for suffix, offset in (("", 0), ("_REF", _REFERENCE))
        for number, name in enumerate(_WORDS.split())
    }
)
"""How text calls the types."""


def element_type_of(number: int) -> str | None:
    """The element type of a DataType; None where it is none or not known."""
    return ELEMENT_TYPES.get(number % _REFERENCE)


_NORMALISED = ("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2",
               "reserve_space_3")  # fmt: skip
_NORMALISED_OLD = ("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2")
_CELL = ("i", "cs", "f", "o", "ci", "co", "h")

RESULTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "FusedBatchNorm": _NORMALISED_OLD, "FusedBatchNormV2": _NORMALISED_OLD,
        "FusedBatchNormV3": _NORMALISED, "_FusedBatchNormEx": _NORMALISED,
        "TopK": ("values", "indices"), "TopKV2": ("values", "indices"),
        "Unique": ("y", "idx"), "UniqueV2": ("y", "idx"), "UniqueWithCounts": ("y", "idx", "count"),
        "UniqueWithCountsV2": ("y", "idx", "count"),
        "Switch": ("output_false", "output_true"), "RefSwitch": ("output_false", "output_true"),
        "Merge": ("output", "value_index"), "RefMerge": ("output", "value_index"),
        "LSTMBlockCell": _CELL, "BlockLSTM": _CELL, "BlockLSTMV2": _CELL,
        "GRUBlockCell": ("r", "u", "c", "h"), "Qr": ("q", "r"), "Svd": ("s", "u", "v"),
        "CudnnRNN": ("output", "output_h", "output_c", "reserve_space"),
        "CudnnRNNV2": ("output", "output_h", "output_c", "reserve_space", "host_reserved"),
        "CudnnRNNV3": ("output", "output_h", "output_c", "reserve_space", "host_reserved"),
        "NonMaxSuppressionV4": ("selected_indices", "valid_outputs"),
        "NonMaxSuppressionV5": ("selected_indices", "selected_scores", "valid_outputs"),
        "CombinedNonMaxSuppression": ("nmsed_boxes", "nmsed_scores", "nmsed_classes",
                                      "valid_detections"),
        "QuantizeV2": ("output", "output_min", "output_max"),
        "MaxPoolWithArgmax": ("output", "argmax"), "ListDiff": ("out", "idx"),
        "TensorListPopBack": ("output_handle", "tensor"), "SelfAdjointEigV2": ("e", "v"),
    }
)  # fmt: skip
"""Names of the results of operations that have several, one tensor each.

A body of a function refers to results by name; all other operations have one name for all.
"""

"""Rules for tables, texts, linear algebra and what else few graphs have.

Operands: tensorflow/core/ops/{lookup,string,linalg,math}_ops.cc.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import StoredTensor, TensorType
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step
from cyborg_rr.readers.tensorflow.translation.native import (
    NativeTensorflowNode,
    Rule,
    first,
    needing,
)


def table(node: NativeTensorflowNode) -> list[Step]:
    """HashTable and its kin: a handle; what stands in it is no tensor of the graph."""
    node.known.hold(node.output(0), StoredTensor(TensorType("token", ()), "constant"))
    return []


def find(node: NativeTensorflowNode) -> list[Step]:
    """LookupTableFind(table, keys, default)."""
    operands = (node.input(1), node.input(2))
    return [node.step("look_up", operands, element_type=node.element("Tout"))]


def texts(*attributes: str, default: str = "str", count: int = 1) -> Rule:
    """Texts one by one, into the type that an attribute names."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        found = node.element(*attributes) if attributes else None
        return [
            node.step("text_map", node.inputs[:count], node.outputs[:1],
                      element_type=found or default)
        ]  # fmt: skip

    return needing(rule, count)


def joined_texts(node: NativeTensorflowNode) -> list[Step]:
    """StringJoin."""
    return [node.step("text_map", element_type="str")]


def inverse(node: NativeTensorflowNode) -> list[Step]:
    """MatrixInverse: factors, and both triangles solved for as many columns as there are rows."""
    factors, rows, half = (node.fresh(word) for word in ("factors", "rows", "half"))
    return [
        node.step("lu", node.inputs[:1], (factors, rows)),
        node.step("triangular_solve", (factors, node.input(0)), (half,), node.typed(half)),
        node.step("triangular_solve", (factors, half)),
    ]


def solve(node: NativeTensorflowNode) -> list[Step]:
    """MatrixSolve(matrix, right sides)."""
    factors, rows, half = (node.fresh(word) for word in ("factors", "rows", "half"))
    return [
        node.step("lu", node.inputs[:1], (factors, rows)),
        node.step("triangular_solve", (factors, node.input(1)), (half,), node.typed(half)),
        node.step("triangular_solve", (factors, half)),
    ]


def bucketize(node: NativeTensorflowNode) -> list[Step]:
    """Bucketize(data), whose boundaries are an attribute."""
    boundaries = node.numbers("boundaries")
    if boundaries is None:
        return unknown(node)
    name = node.known.constant((), "f32", f"{node.label}/boundaries")
    known = TensorType("f32", (len(boundaries),))
    node.known.hold(name, StoredTensor(known, "constant", values=boundaries))
    return [node.step("search_sorted", (name, node.input(0)), index_type="i32")]


def search(node: NativeTensorflowNode) -> list[Step]:
    """LowerBound, UpperBound(sorted, values)."""
    index = node.element("out_type") or "i32"
    return [node.step("search_sorted", node.inputs[:2], index_type=index)]


def count(node: NativeTensorflowNode) -> list[Step]:
    """Bincount(data, size, weights): one more at each place."""
    size = node.lone(1)
    if size is None or size < 0:
        return unknown(node)
    shape = node.known.constant((size,), "i64", f"{node.label}/size")
    zeros, element_type = node.fresh("zeros"), node.element("T") or "i32"
    return [
        node.step("constant_of_shape", (shape,), (zeros,), element_type=element_type, value=0),
        node.step("scatter", (zeros, node.input(0), node.input(0)), operands=1, reduction="add"),
    ]


def add_rows(node: NativeTensorflowNode) -> list[Step]:
    """UnsortedSegmentSum and its kin(data, segments, how many): rows into as many as are asked."""
    size, data, segments = node.lone(2), node.shape(0), node.shape(1)
    rest = None if data is None or segments is None else data[len(segments) :]
    sizes = tuple(each for each in rest or () if isinstance(each, int))
    if size is None or rest is None or len(sizes) != len(rest) or size < 0:
        return unknown(node)
    shape = node.known.constant((size, *sizes), "i64", f"{node.label}/sizes")
    zeros = node.fresh("zeros")
    return [
        node.step("constant_of_shape", (shape,), (zeros,), element_type=node.element("T"),
                  value=0),
        node.step("scatter", (zeros, node.input(1), node.input(0)), operands=1, reduction="add"),
    ]  # fmt: skip


def size_of(node: NativeTensorflowNode) -> list[Step]:
    """Size: of the type that is asked for."""
    wanted = node.element("out_type") or "i32"
    if wanted == "i64":
        return [node.step("size_of", node.inputs[:1])]
    size = node.fresh("size")
    return [
        node.step("size_of", node.inputs[:1], (size,)),
        node.step("convert", (size,), element_type=wanted),
    ]


def rank_of(node: NativeTensorflowNode) -> list[Step]:
    """Rank: the size of the shape."""
    shape, size = node.fresh("shape"), node.fresh("size")
    return [
        node.step("shape_of", node.inputs[:1], (shape,)),
        node.step("size_of", (shape,), (size,)),
        node.step("convert", (size,), element_type="i32"),
    ]


def hyperbola(operation: str) -> Rule:
    """Xlogy, Xlog1py(x, y): x times a logarithm."""

    def rule(node: NativeTensorflowNode) -> list[Step]:
        inner = node.fresh("inner")
        return [
            node.step(operation, (node.input(1),), (inner,), node.typed(inner)),
            node.step("multiply", (node.input(0), inner)),
        ]

    return needing(rule, 2)


def _angle(node: NativeTensorflowNode) -> list[Step]:
    real, imaginary = node.fresh("real"), node.fresh("imaginary")
    return [
        node.step("real", node.inputs[:1], (real,)),
        node.step("imag", node.inputs[:1], (imaginary,)),
        node.step("atan2", (imaginary, real)),
    ]


_AS_DEAR: Final = (
    "Lgamma", "Digamma", "Erfinv", "Ndtri", "Igamma", "Igammac", "Zeta", "Polygamma", "BesselI0",
    "BesselI0e", "BesselI1", "BesselI1e", "BesselK0", "BesselK0e", "BesselK1", "BesselK1e",
    "BesselJ0", "BesselJ1", "BesselY0", "BesselY1", "Dawsn", "Expint", "FresnelCos", "FresnelSin",
    "Spence",
)  # fmt: skip
"""Functions without a closed form: each counts as one, as the error function does."""

_TABLES: Final = (
    "HashTable", "HashTableV2", "MutableHashTable", "MutableHashTableV2", "AnonymousHashTable",
    "MutableDenseHashTable", "MutableDenseHashTableV2", "AnonymousMutableHashTable",
    "AnonymousMutableDenseHashTable", "MutableHashTableOfTensors", "MutableHashTableOfTensorsV2",
)  # fmt: skip

SELDOM: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        **{name: first("erf") for name in _AS_DEAR},
        **dict.fromkeys(_TABLES, table),
        **dict.fromkeys(("LookupTableFind", "LookupTableFindV2"), needing(find, 3)),
        **dict.fromkeys(("LookupTableSize", "LookupTableSizeV2"), first("sequence_length")),
        **dict.fromkeys(
            ("StringLower", "StringUpper", "StringStrip", "RegexReplace", "StaticRegexReplace",
             "UnicodeTranscode", "EncodeBase64", "DecodeBase64", "Substr", "AsString",
             "UnicodeScript"), texts()),
        **dict.fromkeys(("RegexFullMatch", "StaticRegexFullMatch"), texts(default="i1")),
        **dict.fromkeys(
            ("StringToHashBucket", "StringToHashBucketFast", "StringToHashBucketStrong"),
            texts(default="i64")),
        "StringLength": texts(default="i32"), "StringToNumber": texts("out_type", default="f32"),
        "StringJoin": needing(joined_texts, 1), "MatrixInverse": needing(inverse, 1),
        "MatrixSolve": needing(solve, 2), "MatrixTriangularSolve": first("triangular_solve", 2),
        "Lu": first("lu"), "Bucketize": needing(bucketize, 1), "Bincount": needing(count, 2),
        "DenseBincount": needing(count, 2),
        **dict.fromkeys(("LowerBound", "UpperBound"), needing(search, 2)),
        **dict.fromkeys(("UnsortedSegmentSum", "UnsortedSegmentMax", "UnsortedSegmentMin",
                         "UnsortedSegmentProd"), needing(add_rows, 3)),
        "Size": needing(size_of, 1), "Rank": needing(rank_of, 1), "Roll": first("copy"),
        "RandomShuffle": first("copy"), "Conj": first("identity"),
        "Xlogy": hyperbola("log"), "Xlog1py": hyperbola("log_plus_one"),
        "Angle": needing(_angle, 1), "ReverseSequence": first("reverse", 2),
        "InvertPermutation": first("copy"), "Betainc": first("erf"),
        "NextAfter": first("add", 2), "Print": first("identity"),
        "MatrixBandPartV2": first("trilu"), "TensorScatterMax": first("scatter_nd", 3,
                                                                      reduction="max"),
        "TensorScatterMin": first("scatter_nd", 3, reduction="min"),
    }
)  # fmt: skip
"""Operations that few graphs have."""

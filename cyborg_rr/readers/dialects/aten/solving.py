"""Rules for linear algebra, transforms, distances and quantisation of aten."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.shapes import find_static
from cyborg_rr.domain.words import COMPLEX_OF
from cyborg_rr.readers.dialects.aten.native import NativeTorchNode, Rule
from cyborg_rr.readers.kit.contracting import go_left_to_right, spell_products
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step

_LETTERS: Final = "abcdefghijklmnop"


def _factors(node: NativeTorchNode, data: TensorType) -> tuple[Step, str]:
    factors, rows = node.fresh("factors"), node.fresh("rows")
    return node.step("lu", (node.input(0),), (factors, rows), {factors: data}), factors


def determinant(node: NativeTorchNode) -> list[Step]:
    """linalg_det, _linalg_det, linalg_slogdet: factors, and the product of their diagonal."""
    data = node.type_of(node.input(0))
    shape = find_static(data.shape)
    if shape is None or len(shape) < 2 or len([n for n in node.outputs if n]) > 3:
        return unknown(node)
    step, factors = _factors(node, data)
    flat, places, diagonal = (node.fresh(word) for word in ("flat", "places", "diagonal"))
    count = data.elements or 0
    stated = {
        flat: TensorType(data.element_type, (count,)),
        places: TensorType("i64", shape[:-1]),
        diagonal: TensorType(data.element_type, shape[:-1]),
    }
    return [
        step,
        node.step("reshape", (factors,), (flat,), stated, shape=(count,)),
        node.step("iota", (), (places,), stated, shape=shape[:-1], axis=0, element_type="i64"),
        node.step("gather", (flat, places), (diagonal,), stated, axis=0),
        node.step("reduce", (diagonal,), node.outputs[:1], function="prod",
                  axes=(len(shape) - 2,)),
    ]  # fmt: skip


def solved(node: NativeTorchNode) -> list[Step]:
    """linalg_solve, linalg_inv: factors, then both triangles are solved for each column."""
    data, result = node.type_of(node.input(0)), node.type_of(node.output(0))
    if data.shape is None or result.shape is None or len(result.shape) != len(data.shape):
        return unknown(node)
    step, factors = _factors(node, data)
    right, half = node.input(1), node.fresh("half")
    steps = [step]
    if not right or node.type_of(right).shape != result.shape:
        right = node.fresh("right")
        sizes = find_static(result.shape)
        if sizes is None:
            return unknown(node)
        number = node.constant(1, result.element_type or "f32")
        steps.append(
            node.step("broadcast_in_dim", (number,), (right,), {right: result}, shape=sizes,
                      broadcast_dimensions=())
        )  # fmt: skip
    return [
        *steps,
        node.step("triangular_solve", (factors, right), (half,), {half: result}),
        node.step("triangular_solve", (factors, half), node.outputs[:1]),
    ]


def factored(node: NativeTorchNode) -> list[Step]:
    """linalg_lu_factor: factors and the order of rows."""
    return [node.step("lu", node.inputs[:1], node.outputs[:2])]


def triangular(node: NativeTorchNode) -> list[Step]:
    """linalg_solve_triangular(self, B), triangular_solve(self, A)."""
    matrix, right = node.tensor("A"), node.tensor("self")
    if node.tensor("B"):
        matrix, right = right, node.tensor("B")
    return [node.step("triangular_solve", (matrix, right), node.outputs[:1])]


def cholesky(node: NativeTorchNode) -> list[Step]:
    """linalg_cholesky, linalg_cholesky_ex."""
    return [node.step("cholesky", node.inputs[:1], node.outputs[:1])]


def transform(node: NativeTorchNode) -> list[Step]:
    """_fft_c2c, _fft_r2c, _fft_c2r(self, dim), and fft_fft and its like.

    What is transformed has to be all of a dimension, and of real numbers the last ones.
    """
    data, result = node.type_of(node.input(0)), node.type_of(node.output(0))
    before, after = find_static(data.shape), find_static(result.shape)
    if before is None or after is None or len(before) != len(after) or not before:
        return unknown(node)
    rank = len(before)
    stated = node.attribute("dim")
    axes = (stated,) if isinstance(stated, int) else node.integers("dim")
    if axes is None:
        axes = tuple(range(rank)) if node.operation.partition(".")[0][-1] == "n" else (rank - 1,)
        if node.operation.partition(".")[0][-1] == "2":
            axes = (rank - 2, rank - 1)
    axes = tuple(sorted(axis % rank for axis in axes))
    real_in = not (data.element_type or "").startswith("c")
    real_out = not (result.element_type or "").startswith("c")
    source, steps = node.input(0), []
    if real_in and not real_out and before == after:  # a whole spectrum of real numbers
        source = node.fresh("complex")
        element = COMPLEX_OF.get(data.element_type or "", result.element_type or "c64")
        stated_type = {source: TensorType(element, data.shape)}
        steps.append(
            node.step("convert", node.inputs[:1], (source,), stated_type, element_type=element)
        )
        real_in = False
    if not real_in and not real_out:
        if before != after:
            return unknown(node)
        sizes = tuple(after[axis] for axis in axes)
        last = node.step("fft", (source,), node.outputs[:1], fft_type="FFT", fft_length=sizes)
        return [*steps, last]
    lengths = after if real_out else before
    kind = "IRFFT" if real_out else "RFFT"
    return _real_transform(node, source, axes, tuple(lengths[axis] for axis in axes), kind)


def _real_transform(
    node: NativeTorchNode, source: str, axes: tuple[int, ...], sizes: tuple[int, ...], kind: str
) -> list[Step]:
    """A transform from or to real numbers, whose dimensions are turned to the end and back."""
    known, result = node.type_of(source).shape or (), node.type_of(node.output(0))
    rank = len(known)
    if axes == tuple(range(rank - len(axes), rank)):
        step = node.step("fft", (source,), node.outputs[:1], fft_type=kind, fft_length=sizes)
        return [step]
    order = (*(axis for axis in range(rank) if axis not in axes), *axes)
    back = tuple(order.index(axis) for axis in range(rank))
    turned, found = node.fresh("turned"), node.fresh("found")
    shape = result.shape or ()
    stated = {
        turned: TensorType(node.type_of(source).element_type, tuple(known[a] for a in order)),
        found: TensorType(result.element_type, tuple(shape[a] for a in order)),
    }
    return [
        node.step("transpose", (source,), (turned,), stated, permutation=order),
        node.step("fft", (turned,), (found,), stated, fft_type=kind, fft_length=sizes),
        node.step("transpose", (found,), node.outputs[:1], permutation=back),
    ]


def distances(node: NativeTorchNode) -> list[Step]:
    """cdist(x1, x2, p): differences of all pairs, and the length of each."""
    left, result = node.type_of(node.input(0)), node.result_shape()
    wide: tuple[Dimension, ...] | None = None
    if left.shape and result is not None:
        wide = (*result, left.shape[-1])
    rows, columns, off = (node.fresh(word) for word in ("rows", "columns", "off"))
    order = node.number("p", default=2.0)
    function = {1.0: "l1", 2.0: "l2", float("inf"): "max"}.get(order)
    if function is None:
        return unknown(node)
    stated = {off: TensorType(left.element_type, wide)}
    return [
        node.step("unsqueeze", node.inputs[:1], (rows,), axes=(-2,)),
        node.step("unsqueeze", node.inputs[1:2], (columns,), axes=(-3,)),
        node.step("subtract", (rows, columns), (off,), stated),
        node.step("reduce", (off,), function=function, axes=(-1,)),
    ]


def similarity(node: NativeTorchNode) -> list[Step]:
    """cosine_similarity(x1, x2, dim): three sums of products, and a quotient."""
    known, result = node.type_of(node.input(0)), node.type_of(node.output(0))
    axis = node.integer("dim", default=1)
    steps, sums = [], []
    for place, pair in enumerate(((0, 1), (0, 0), (1, 1))):
        product, total = node.fresh(f"product{place}"), node.fresh(f"sum{place}")
        operands = (node.input(pair[0]), node.input(pair[1]))
        steps.append(node.step("multiply", operands, (product,), {product: known}))
        steps.append(
            node.step("reduce", (product,), (total,), {total: result}, function="sum", axes=(axis,))
        )
        sums.append(total)
    both, root = node.fresh("both"), node.fresh("root")
    return [
        *steps,
        node.step("multiply", (sums[1], sums[2]), (both,), {both: result}),
        node.step("sqrt", (both,), (root,), {root: result}),
        node.step("divide", (sums[0], root)),
    ]


def pairwise(node: NativeTorchNode) -> list[Step]:
    """pairwise_distance(x1, x2): the length of each difference."""
    known, off = node.type_of(node.input(0)), node.fresh("off")
    keep = node.flag("keepdim")
    return [
        node.step("subtract", node.inputs[:2], (off,), {off: known}),
        node.step("reduce", (off,), function="l2", axes=(-1,), keep_dimensions=keep),
    ]


def tensordot(node: NativeTorchNode) -> list[Step]:
    """tensordot(self, other, dims_self, dims_other)."""
    left, right = node.integers("dims_self"), node.integers("dims_other")
    if left is None or right is None:
        return unknown(node)
    ranks = node.rank("self"), node.rank("other")
    if any(not -ranks[0] <= a < ranks[0] for a in left) or any(
        not -ranks[1] <= a < ranks[1] for a in right
    ):
        raise node.refuse("it sums over dimensions that are not there")
    return [
        node.step(
            "dot_general", node.inputs[:2],
            lhs_contracting=tuple(axis % ranks[0] for axis in left),
            rhs_contracting=tuple(axis % ranks[1] for axis in right),
        )
    ]  # fmt: skip


def bilinear(node: NativeTorchNode) -> list[Step]:
    """bilinear(input1, input2, weight, bias): a matrix between two vectors for each feature."""
    shapes = [node.type_of(node.tensor(name)).shape for name in ("input1", "input2", "weight")]
    if any(shape is None for shape in shapes) or len(shapes[2] or ()) != 3:
        return unknown(node)
    product = node.fresh("product") if node.tensor("bias") else node.output(0)
    operands = tuple(node.tensor(name) for name in ("input1", "weight", "input2"))
    lead = "abcdefgh"[: len(shapes[0] or ()) - 1]
    equation = f"{lead}x,zxy,{lead}y->{lead}z"
    steps = spell_products(node, equation, operands, go_left_to_right(3), product)
    if product == node.output(0):
        return steps
    return [*steps, node.step("add", (product, node.tensor("bias")))]


def trilinear(node: NativeTorchNode) -> list[Step]:
    """_trilinear(i1, i2, i3, expand1, expand2, expand3, sumdim): three tensors that are multiplied.

    Each has a dimension of size 1 more at the places that it is expanded at; sums go over some.
    """
    names = tuple(node.tensor(f"i{place}") for place in (1, 2, 3))
    added = [node.integers(f"expand{place}") or () for place in (1, 2, 3)]
    ranks = {node.rank(f"i{place + 1}") + len(added[place]) for place in range(3)}
    (rank, *more) = ranks
    if more or rank > len(_LETTERS):
        return unknown(node)
    gone = {axis % rank for axis in node.integers("sumdim") or ()} if rank else set()
    terms = [
        "".join(_LETTERS[axis] for axis in range(rank) if axis not in {a % rank for a in each})
        for each in added
    ]
    left = "".join(_LETTERS[axis] for axis in range(rank) if axis not in gone)
    if not set(left) <= set("".join(terms)):
        return unknown(node)
    return spell_products(node, f"{','.join(terms)}->{left}", names, go_left_to_right(3))


def whole_product(node: NativeTorchNode) -> list[Step]:
    """_int_mm(self, mat2): 8-bit whole numbers."""
    return [node.step("matmul", node.inputs[:2], element_type="i32")]


def packed_product(node: NativeTorchNode) -> list[Step]:
    """_weight_int8pack_mm(self, mat2, scales): the weight is (out, in), scaled by its rows."""
    wide = node.fresh("wide")
    known = TensorType(node.element_type(0), node.type_of(node.input(1)).shape)
    product = node.fresh("product")
    return [
        node.step("convert", (node.input(1),), (wide,), {wide: known},
                  element_type=known.element_type),
        node.step("matmul", (node.input(0), wide), (product,), node.stated(product), trans_b=True),
        node.step("multiply", (product, node.input(2))),
    ]  # fmt: skip


def added_product(node: NativeTorchNode) -> list[Step]:
    """addr(self, vec1, vec2), addbmm(self, batch1, batch2)."""
    known = node.type_of(node.output(0))
    left, right = node.inputs[1:3]
    product = node.fresh("product")
    steps = []
    if node.operation.startswith("addr"):
        column = node.fresh("column")
        stated = {column: TensorType(known.element_type, (*(node.shape(1) or ()), 1))}
        steps.append(node.step("unsqueeze", (left,), (column,), stated, axes=(-1,)))
        steps.append(node.step("multiply", (column, right), (product,), {product: known}))
    else:
        steps.append(
            node.step(
                "dot_general", (left, right), (product,), {product: known},
                lhs_contracting=(0, 2), rhs_contracting=(0, 1),
            )
        )  # fmt: skip
    return [*steps, node.step("add", (node.input(0), product))]


def simulated(node: NativeTorchNode) -> list[Step]:
    """fake_quantize_...: whole steps of a scale, as numbers again."""
    whole, known = node.fresh("whole"), node.type_of(node.input(0))
    stated = {whole: TensorType("i8", known.shape)}
    return [
        node.step("quantize", node.inputs[:1], (whole,), stated, element_type="i8"),
        node.step("dequantize", (whole,), node.outputs[:1],
                  element_type=known.element_type or "f32"),
    ]  # fmt: skip


def quantised(operation: str) -> Rule:
    """quantize_per_..., dequantize_per_...(input, scale, zero_point) of quantized_decomposed."""

    def rule(node: NativeTorchNode) -> list[Step]:
        known = node.type_of(node.output(0)).element_type
        names = ("scale", "scales"), ("zero_point", "zero_points")
        operands = tuple(node.tensor(*each) for each in names)
        axis = node.axis("axis")
        inputs = (node.input(0), *operands)
        return [node.step(operation, inputs, element_type=known, axis=axis)]

    return rule


QUANTISED: Mapping[str, Rule] = MappingProxyType(
    {
        f"{word}_per_{how}": quantised(word)
        for word in ("quantize", "dequantize")
        for how in ("tensor", "channel", "token", "channel_group")
    }
)
"""Operations of quantized_decomposed, which exporters of quantised models write."""

SOLVING: Mapping[str, Rule] = MappingProxyType(
    {
        **dict.fromkeys(("linalg_det", "_linalg_det", "det"), determinant),
        **dict.fromkeys(("linalg_inv", "linalg_inv_ex", "inverse", "linalg_solve",
                         "_linalg_solve_ex", "linalg_solve_ex"), solved),
        **dict.fromkeys(("linalg_lu_factor", "linalg_lu_factor_ex"), factored),
        **dict.fromkeys(("linalg_solve_triangular", "triangular_solve"), triangular),
        **dict.fromkeys(("linalg_cholesky", "linalg_cholesky_ex", "cholesky"), cholesky),
        **dict.fromkeys(
            ("_fft_c2c", "_fft_r2c", "_fft_c2r", *(f"fft_{each}" for each in (
                "fft", "ifft", "rfft", "irfft", "fft2", "ifft2", "rfft2", "irfft2", "fftn",
                "ifftn", "rfftn", "irfftn"))), transform),
        **dict.fromkeys(("cdist", "_cdist_forward"), distances),
        **dict.fromkeys(("addr", "addbmm"), added_product),
        **{f"fake_quantize_per_{how}_affine{end}": simulated
           for how in ("tensor", "channel") for end in ("", "_cachemask")},
        "cosine_similarity": similarity, "pairwise_distance": pairwise, "tensordot": tensordot,
        "bilinear": bilinear, "_trilinear": trilinear, "_int_mm": whole_product,
        "_weight_int8pack_mm": packed_product,
    }
)  # fmt: skip
"""Operations of aten for linear algebra, transforms and distances."""

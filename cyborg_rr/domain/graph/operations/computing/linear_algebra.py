"""Transforms and factorisations, with the textbook count of their operations."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Dimension, Shape, TensorType
from cyborg_rr.domain.graph.operations.declaring.declarations import Attribute, Operand
from cyborg_rr.domain.graph.operations.declaring.operation import Cost, Operation
from cyborg_rr.domain.graph.operations.declaring.per_element import DATA
from cyborg_rr.domain.graph.operations.declaring.results import same_as_first, tensor
from cyborg_rr.domain.graph.operations.declaring.typed_node import TypedNode
from cyborg_rr.domain.graph.shapes import ANY, UNKNOWN, Contradiction, find_static, normalise_axis
from cyborg_rr.domain.words import COMPLEX_OF, find_part


def _fft(node: TypedNode) -> Sequence[TensorType]:
    """StableHLO: complex to complex keeps the type, real transforms halve the last dimension."""
    shape, kind, lengths = node.shape(), node.text("fft_type"), node.integers("fft_length")
    if not kind:
        return (_discrete_fourier(node),)
    if kind in ("FFT", "IFFT"):
        return (node.operand(0),)
    if not shape or kind not in ("RFFT", "IRFFT"):
        return (UNKNOWN,)
    part = "f64" if find_part(node.element_type()) == "f64" else "f32"
    lengths = lengths or _whole_lengths(node, shape, kind)
    if lengths is None:
        return (tensor(COMPLEX_OF[part] if kind == "RFFT" else part, (*shape[:-1], ANY)),)
    if len(lengths) > len(shape):
        raise Contradiction(f"{len(lengths)} lengths do not fit rank {len(shape)}")
    head = shape[: len(shape) - len(lengths)]
    if kind == "RFFT":
        result = (*head, *lengths[:-1], lengths[-1] // 2 + 1)
        return (tensor(COMPLEX_OF[part], result),)
    return (tensor(part, (*head, *lengths)),)


def _whole_lengths(node: TypedNode, shape: Shape, kind: str) -> tuple[int, ...] | None:
    """The numbers of last dimensions that are transformed as they are; None while one is open."""
    count = node.integer("dimensions")
    if count > len(shape):
        raise Contradiction(f"rank {len(shape)} has no {count} dimensions to transform")
    sizes = find_static(shape[-count:] if count else shape)
    if not sizes:
        return None
    return (*sizes[:-1], 2 * (sizes[-1] - 1) if kind == "IRFFT" else sizes[-1])


def _discrete_fourier(node: TypedNode) -> TensorType:
    """ONNX: real and imaginary parts stand in the last dimension; axis is stated or operand 2."""
    shape = node.shape()
    if shape is None or len(shape) < 2:
        return tensor(node.element_type(), None)
    stated = node.integers("axis", 2) or ((-2,) if not node.has(2) else None)
    if stated is None:
        return tensor(node.element_type(), (*(ANY,) * (len(shape) - 1), 2))
    axis = normalise_axis(stated[0], len(shape))
    lengths = node.dimensions_at(1)
    length: Dimension = shape[axis]
    if node.has(1):
        length = lengths[0] if lengths else ANY
    inverse, onesided = node.flag("inverse"), node.flag("onesided")
    if onesided and not inverse:
        length = length // 2 + 1 if isinstance(length, int) else ANY
    elif onesided and not node.has(1):
        length = 2 * (length - 1) if isinstance(length, int) else ANY
    parts = 1 if onesided and inverse else 2
    return tensor(node.element_type(), (*shape[:axis], length, *shape[axis + 1 : -1], parts))


def _fft_cost(node: TypedNode) -> Cost:
    """5 n log2 n flops per transform of n numbers, real ones too, with the logarithm rounded up.

    So https://www.fftw.org/speed/method.html counts complex ones; of real ones it counts half.
    """
    if not node.text("fft_type"):
        return _discrete_fourier_cost(node)
    shape, lengths = node.shape(), node.integers("fft_length")
    if shape and not lengths:
        lengths = _whole_lengths(node, shape, node.text("fft_type"))
    size = math.prod(lengths or (1,))
    numbers = max(node.elements(), node.result_elements())
    return Cost(0, 5 * numbers * (size - 1).bit_length())


def _discrete_fourier_cost(node: TypedNode) -> Cost:
    """The same, with as many transforms as the dimensions hold beside the axis and the parts."""
    shape = find_static(node.shape()) or ()
    axis = normalise_axis((node.integers("axis", 2) or (-2,))[0], len(shape))
    transforms = math.prod((*shape[:axis], *shape[axis + 1 : -1]))
    size = _transformed(node, shape[axis], axis)
    return Cost(0, 5 * transforms * size * (size - 1).bit_length())


def _transformed(node: TypedNode, length: int, axis: int) -> int:
    """How many numbers a transform works on: those of the result, unless that is only a half."""
    if node.flag("onesided") and not node.flag("inverse"):
        return (node.integers_at(1) or (length,))[0]
    return (find_static(node.results[0].shape) or ())[axis]


def _last(node: TypedNode) -> int:
    shape = node.shape() or (1,)
    return int(shape[-1])


def _cholesky_cost(node: TypedNode) -> Cost:
    """n**3 / 3 flops per matrix of n x n."""
    return Cost(0, node.elements() * _last(node) // 3, node.elements() // max(_last(node), 1))


def _lu_cost(node: TypedNode) -> Cost:
    """2/3 n**3 flops per matrix of n x n, n**2 / 2 of them divisions."""
    return Cost(0, 2 * node.elements() * _last(node) // 3)


def _lu(node: TypedNode) -> Sequence[TensorType]:
    shape = node.shape()
    return node.operand(0), tensor("i32", None if shape is None else shape[:-1])


def _solve(node: TypedNode) -> Sequence[TensorType]:
    return (tensor(node.element_type(1), node.shape(1)),)


def _solve_cost(node: TypedNode) -> Cost:
    """n multiply-adds (half of them with zeros saved, two flops each) per element of the result."""
    return Cost(0, node.result_elements() * _last(node))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "fft",
        kind="other",
        summary="The discrete Fourier transform.",
        operands=(
            DATA,
            Operand("length", "elements that are transformed", optional=True),
            Operand("axis", "dimension that is transformed", optional=True),
        ),
        attributes=(
            Attribute(
                "fft_type",
                "text",
                "FFT, IFFT, RFFT or IRFFT; absent: parts of numbers stand in the last dimension",
                source="StableHLO fft",
            ),
            Attribute(
                "fft_length",
                "integers",
                "lengths of the last dimensions; absent: as long as they are",
                source="StableHLO fft",
            ),
            Attribute(
                "dimensions",
                "integer",
                "how many last dimensions are transformed where no length is said; 0: all",
                default=1,
                source="PyTorch fft_fft2, fft_fftn",
            ),
            Attribute(
                "axis",
                "integer",
                "dimension that is transformed; absent: operand 2, or the last but one",
                source="ONNX DFT before 20",
                differs="from 20 on operand 2 names it",
            ),
            Attribute(
                "onesided",
                "flag",
                "whether only the half that says everything of real numbers is there",
                default=False,
                source="ONNX DFT",
            ),
            Attribute("inverse", "flag", "whether it leads back", False, "ONNX DFT"),
        ),
        shape=_fft,
        cost=_fft_cost,
    ),
    Operation(
        "cholesky",
        kind="other",
        summary="The triangular root of symmetric matrices.",
        operands=(Operand("data", "matrices"),),
        shape=same_as_first,
        cost=_cholesky_cost,
    ),
    Operation(
        "lu",
        kind="other",
        summary="Square matrices as a product of triangular ones, and the order of their rows.",
        operands=(Operand("data", "matrices"),),
        shape=_lu,
        cost=_lu_cost,
    ),
    Operation(
        "triangular_solve",
        kind="other",
        summary="The solution of equations whose matrix is triangular.",
        operands=(Operand("matrix", "triangular matrices"), Operand("right", "right sides")),
        shape=_solve,
        cost=_solve_cost,
    ),
)

"""Transforms and factorisations, with the textbook count of their operations."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.operations.operation import Call, Cost, Operation, same_as_first, tensor
from cyborg_rr.domain.graph.shapes import ANY, UNKNOWN, Contradiction, normalise_axis
from cyborg_rr.domain.words import COMPLEX_OF, find_part


def _fft(call: Call) -> Sequence[TensorType]:
    """StableHLO: complex to complex keeps the type, real transforms halve the last dimension."""
    shape, kind, lengths = call.shape(), call.text("fft_type"), call.integers("fft_length")
    if not kind:
        return (_discrete_fourier(call),)
    if kind in ("FFT", "IFFT"):
        return (call.operand(0),)
    if shape is None or not lengths or kind not in ("RFFT", "IRFFT"):
        return (UNKNOWN,)
    if len(lengths) > len(shape):
        raise Contradiction(f"{len(lengths)} lengths do not fit rank {len(shape)}")
    head = shape[: len(shape) - len(lengths)]
    part = "f64" if find_part(call.element_type()) == "f64" else "f32"
    if kind == "RFFT":
        result = (*head, *lengths[:-1], lengths[-1] // 2 + 1)
        return (tensor(COMPLEX_OF[part], result),)
    return (tensor(part, (*head, *lengths)),)


def _discrete_fourier(call: Call) -> TensorType:
    """ONNX: real and imaginary parts stand in the last dimension; axis is stated or operand 2."""
    shape = call.shape()
    if shape is None or len(shape) < 2:
        return tensor(call.element_type(), None)
    stated = call.integers("axis", 2) or ((-2,) if not call.has(2) else None)
    if stated is None:
        return tensor(call.element_type(), (*(ANY,) * (len(shape) - 1), 2))
    axis = normalise_axis(stated[0], len(shape))
    lengths = call.dimensions("length", 1)
    length: Dimension = shape[axis]
    if call.has(1):
        length = lengths[0] if lengths else ANY
    inverse, onesided = call.flag("inverse"), call.flag("onesided")
    if onesided and not inverse:
        length = length // 2 + 1 if isinstance(length, int) else ANY
    elif onesided and not call.has(1):
        length = 2 * (length - 1) if isinstance(length, int) else ANY
    parts = 1 if onesided and inverse else 2
    return tensor(call.element_type(), (*shape[:axis], length, *shape[axis + 1 : -1], parts))


def _fft_cost(call: Call) -> Cost:
    """5 n log2 n per transform, with n the product of the lengths."""
    shape = call.shape() or (1,)
    lengths = call.integers("fft_length")
    if not call.text("fft_type"):
        axis = (call.integers("axis", 2) or (-2,))[0]
        lengths = (int(shape[axis]),)
    size = 1
    for length in lengths or (int(shape[-1]),):
        size *= max(length, 1)
    elements = max(call.elements(), call.result_elements())
    return Cost(0, 5 * elements * max(size - 1, 1).bit_length())


def _last(call: Call) -> int:
    shape = call.shape() or (1,)
    return int(shape[-1])


def _cholesky_cost(call: Call) -> Cost:
    """n**3 / 3 flops per matrix of n x n."""
    return Cost(0, call.elements() * _last(call) // 3, call.elements() // max(_last(call), 1))


def _solve(call: Call) -> Sequence[TensorType]:
    return (tensor(call.element_type(1), call.shape(1)),)


def _solve_cost(call: Call) -> Cost:
    """n multiply-adds (half of them with zeros saved, two flops each) per element of the result."""
    return Cost(0, call.result_elements() * _last(call))


OPERATIONS: tuple[Operation, ...] = (
    Operation("fft", "other", _fft, _fft_cost),
    Operation("cholesky", "other", same_as_first, _cholesky_cost),
    Operation("triangular_solve", "other", _solve, _solve_cost),
)

"""Transforms and factorisations, with the textbook count of their operations."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.domain.graph.operations.operation import Call, Cost, Operation, same_as_first, tensor
from cyborg_rr.domain.graph.shapes import UNKNOWN, Contradiction


def _fft(call: Call) -> Sequence[TensorType]:
    """StableHLO: complex to complex keeps the type, real transforms halve the last dimension."""
    shape, kind, lengths = call.shape(), call.text("fft_type"), call.integers("fft_length")
    if kind in ("FFT", "IFFT"):
        return (call.operand(0),)
    if shape is None or not lengths or kind not in ("RFFT", "IRFFT"):
        return (UNKNOWN,)
    if len(lengths) > len(shape):
        raise Contradiction(f"{len(lengths)} lengths do not fit rank {len(shape)}")
    head = shape[: len(shape) - len(lengths)]
    double = call.element_type() in ("f64", "c128")
    if kind == "RFFT":
        result = (*head, *lengths[:-1], lengths[-1] // 2 + 1)
        return (tensor("c128" if double else "c64", result),)
    return (tensor("f64" if double else "f32", (*head, *lengths)),)


def _fft_cost(call: Call) -> Cost:
    """5 n log2 n per transform, with n the product of the lengths."""
    lengths = call.integers("fft_length") or (int((call.shape() or (1,))[-1]),)
    size = 1
    for length in lengths:
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

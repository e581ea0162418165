"""Transforms and solutions."""

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Shape, TensorType
from tests.unit.graph.applying import Operand, apply, each_case
from tests.unit.graph.operations.counting import Case, as_parameters, count

SHAPES: list[tuple[str, list[Operand], dict[str, Any], Shape]] = [
    ("fft", [TensorType("f32", (2, 10))], {"fft_type": "RFFT", "fft_length": (10,)}, (2, 6)),
    ("fft", [(2, 4, 8)], {"fft_type": "RFFT", "dimensions": 2}, (2, 4, 5)),
    ("fft", [TensorType("c64", (4, 5))], {"fft_type": "IRFFT", "dimensions": 0}, (4, 8)),
    ("fft", [(1, 10, 10, 1)], {"axis": 1, "onesided": True}, (1, 6, 10, 2)),
    ("lu", [(2, 3, 3)], {}, (2, 3, 3)),
    ("triangular_solve", [(3, 3), (3, 7)], {}, (3, 7)),
]  # fmt: skip


@each_case(SHAPES)
def test_the_shape_of_a_result(
    operation: str, operands: list[Operand], attributes: dict[str, Any], expected: Shape
) -> None:
    assert apply(operation, *operands, **attributes).shape == expected


# ---- costs: transforms and factorisations, by the textbook.

CASES = (
    Case("a complex transform", "fft", [TensorType("c64", (3, 8))],
         {"fft_type": "FFT", "fft_length": (8,)},
         flops=3 * (5 * 8 * 3)),  # three lines, each 5 n log2 n; log2 of 8 is 3
    Case("a complex transform back", "fft", [TensorType("c64", (3, 8))],
         {"fft_type": "IFFT", "fft_length": (8,)},
         flops=3 * (5 * 8 * 3)),
    Case("a complex transform in two dimensions", "fft", [TensorType("c64", (3, 4, 8))],
         {"fft_type": "FFT", "fft_length": (4, 8)},
         flops=3 * (5 * 32 * 5)),  # n is 4 x 8
    Case("a complex transform of all dimensions, as long as they are", "fft",
         [TensorType("c64", (4, 8))], {"fft_type": "FFT", "dimensions": 0},
         flops=5 * 4 * 8 * 5),
    Case("a transform whose length is no power of two", "fft", [TensorType("c64", (3, 5))],
         {"fft_type": "FFT", "fft_length": (5,)},
         flops=3 * (5 * 5 * 3)),  # log2 of 5 is rounded up
    Case("a transform of two", "fft", [TensorType("c64", (3, 2))],
         {"fft_type": "FFT", "fft_length": (2,)},
         flops=3 * (5 * 2 * 1)),
    Case("a transform of real numbers", "fft", [(3, 8)],
         {"fft_type": "RFFT", "fft_length": (8,)},
         flops=3 * (5 * 8 * 3)),  # 8 numbers go in, 5 come out
    Case("a transform back to real numbers", "fft", [TensorType("c64", (3, 5))],
         {"fft_type": "IRFFT", "fft_length": (8,)},
         flops=3 * (5 * 8 * 3)),  # 5 numbers go in, 8 come out
    Case("a transform of two dimensions, one of size one", "fft", [TensorType("c64", (3, 1, 8))],
         {"fft_type": "FFT", "fft_length": (1, 8)},
         flops=3 * (5 * 8 * 3)),  # n is 1 x 8
    Case("a transform that does not say its length", "fft", [TensorType("c64", (3, 8))],
         {"fft_type": "FFT"},
         flops=3 * (5 * 8 * 3)),  # the last dimension
    Case("a transform of single numbers", "fft", [TensorType("c64", (3, 1))],
         {"fft_type": "FFT", "fft_length": (1,)}),  # log2 of 1 is 0
    Case("a transform whose parts stand last", "fft", [(3, 8, 2)],
         flops=3 * (5 * 8 * 3)),  # the 8 numbers of a line, not their 16 parts
    Case("a transform of real numbers with a dimension for parts", "fft", [(3, 8, 1)],
         flops=3 * (5 * 8 * 3)),
    Case("a transform along a stated dimension", "fft", [(8, 3, 5, 2)], {"axis": 0},
         flops=(3 * 5) * (5 * 8 * 3)),
    Case("a transform along a dimension from an operand", "fft", [(8, 3, 5, 2), None, 1],
         flops=(8 * 5) * (5 * 3 * 2)),  # log2 of 3 is rounded up
    Case("a transform of numbers that are filled up with zeros", "fft", [(3, 5, 2), 8],
         flops=3 * (5 * 8 * 3)),
    Case("a transform of the first numbers", "fft", [(3, 8, 2), 5],
         flops=3 * (5 * 5 * 3)),
    Case("a transform of as many numbers as the file says there are results", "fft",
         [(3, 5, 2), TensorType("i64", ())], yields=[TensorType("f32", (3, 8, 2))],
         flops=3 * (5 * 8 * 3)),
    Case("a transform to half a spectrum", "fft", [(3, 8, 1)], {"onesided": True},
         flops=3 * (5 * 8 * 3)),  # 8 numbers go in, 5 come out
    Case("a transform to half a spectrum of numbers that are filled up", "fft",
         [(3, 5, 1), 8], {"onesided": True},
         flops=3 * (5 * 8 * 3)),
    Case("a transform back from half a spectrum", "fft", [(3, 5, 2)],
         {"onesided": True, "inverse": True},
         flops=3 * (5 * 8 * 3)),  # 5 numbers go in, 8 come out
    Case("a transform back from a whole spectrum", "fft", [(3, 8, 2), 5], {"inverse": True},
         flops=3 * (5 * 5 * 3)),
    Case("a transform of a single number in parts", "fft", [(3, 1, 2)]),
    Case("a factorisation", "cholesky", [(5, 6, 6)],
         flops=5 * (6 * 6 * 6 // 3),  # five matrices, each n**3 / 3
         transcendentals=5 * 6),  # a square root per diagonal element
    Case("a factorisation of matrices of one element", "cholesky", [(3, 1, 1)],
         flops=3 * (1 * 1 * 1) // 3, transcendentals=3 * 1),
    Case("a factorisation of a batch of batches", "cholesky", [(2, 5, 6, 6)],
         flops=(2 * 5) * (6 * 6 * 6 // 3), transcendentals=(2 * 5) * 6),
    Case("a factorisation of empty matrices", "cholesky", [(5, 0, 0)]),
    Case("a factorisation into triangles", "lu", [(5, 6, 6)], outputs=2,
         flops=5 * (2 * 6 * 6 * 6 // 3)),
    Case("a triangular solve", "triangular_solve", [(5, 7, 7), (5, 7, 3)],
         flops=5 * 3 * (7 * 7)),  # per column n (n - 1) / 2 multiply-adds and n divisions,
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_linear_algebra_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected

"""Transforms and factorisations, by the textbook."""

import pytest

from cyborg_rr.domain.graph.graph import TensorType
from tests.unit.graph.operations.counting import Case, as_parameters, count

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
    Case("a factorisation", "cholesky", [(5, 6, 6)],
         flops=5 * (6 * 6 * 6 // 3),  # five matrices, each n**3 / 3
         transcendentals=5 * 6),  # a square root per diagonal element
    Case("a factorisation of matrices of one element", "cholesky", [(3, 1, 1)],
         flops=3 * (1 * 1 * 1) // 3, transcendentals=3 * 1),
    Case("a factorisation of a batch of batches", "cholesky", [(2, 5, 6, 6)],
         flops=(2 * 5) * (6 * 6 * 6 // 3), transcendentals=(2 * 5) * 6),
    Case("a factorisation of empty matrices", "cholesky", [(5, 0, 0)]),
    Case("a triangular solve", "triangular_solve", [(5, 7, 7), (5, 7, 3)],
         flops=5 * 3 * (7 * 7)),  # per column n (n - 1) / 2 multiply-adds and n divisions
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_linear_algebra_costs_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected

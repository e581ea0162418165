"""Matrix products: one multiply-add for each result element and each index that is summed over."""

import pytest

from tests.unit.graph.operations.counting import Case, as_parameters, count

CASES = (
    Case("a general product of batches over two indices", "dot_general",
         [(7, 2, 3, 11), (3, 7, 11, 5)],
         {"lhs_batching": (0,), "rhs_batching": (1,),
          "lhs_contracting": (2, 3), "rhs_contracting": (0, 2)},
         macs=(7 * 2 * 5) * (3 * 11)),  # results x both indices summed over
    Case("a general product over an index counted from the back", "dot_general",
         [(2, 11, 3), (3, 5)],
         {"lhs_batching": (), "rhs_batching": (), "lhs_contracting": (-1,),
          "rhs_contracting": (-2,)},
         macs=(2 * 11 * 5) * 3),
    Case("a general product over nothing", "dot_general", [(2, 3), (5,)],
         {"lhs_batching": (), "rhs_batching": (), "lhs_contracting": (), "rhs_contracting": ()},
         macs=2 * 3 * 5),  # every pair once
    Case("a product of matrices", "matmul", [(2, 3), (3, 5)],
         macs=(2 * 5) * 3),
    Case("a matrix times a vector", "matmul", [(2, 3), (3,)],
         macs=2 * 3),
    Case("a vector times a vector", "matmul", [(3,), (3,)],
         macs=3),
    Case("a product that stretches the batch of both sides", "matmul",
         [(11, 1, 2, 3), (7, 3, 5)],
         macs=(11 * 7) * (2 * 5) * 3),
    Case("a product whose left side stands on its head", "matmul",
         [(7, 3, 2), (7, 3, 5)], {"trans_a": True},
         macs=7 * (2 * 5) * 3),
    Case("a product whose right side stands on its head", "matmul",
         [(7, 2, 3), (7, 5, 3)], {"trans_b": True},
         macs=7 * (2 * 5) * 3),
    Case("a product whose rows stand before the batch", "matmul",
         [(2, 7, 3), (7, 3, 5)], {"trans_batch_a": True},
         macs=7 * (2 * 5) * 3),
    Case("a dense layer without bias", "gemm", [(2, 3), (3, 5)],
         macs=(2 * 5) * 3),
    Case("a dense layer with bias", "gemm", [(2, 3), (3, 5), (5,)],
         macs=(2 * 5) * 3, flops=2 * 5),  # one addition per result
    Case("a dense layer of transposed operands", "gemm", [(3, 2), (5, 3), (5,)],
         {"trans_a": True, "trans_b": True},
         macs=(2 * 5) * 3, flops=2 * 5),
    Case("a dense layer that flattens first", "gemm", [(2, 3, 7), (5, 3 * 7)],
         {"trans_b": True, "units_flatten": True},
         macs=(2 * 5) * (3 * 7)),
    Case("an einsum of one operand only adds up", "einsum", [(2, 3)], {"equation": "ij->i"},
         flops=2 * 3),  # each element goes into a sum
    Case("an einsum of two operands", "einsum", [(7, 2, 3), (7, 3, 5)],
         {"equation": "bij,bjk->bik"},
         macs=(7 * 2 * 5) * 3),
    Case("an einsum of three operands multiplies twice", "einsum", [(2, 3), (3, 5), (5, 7)],
         {"equation": "ij,jk,kl->il"},
         macs=(2 * 3 * 5 * 7) * 2),  # every combination of i, j, k, l: two products
    Case("an einsum with dots and no arrow", "einsum", [(11, 2, 3), (3, 5)],
         {"equation": "...ij, jk"},
         macs=11 * (2 * 5) * 3),
)  # fmt: skip


@pytest.mark.parametrize("case", as_parameters(CASES))
def test_contractions_cost_what_a_person_counts(case: Case) -> None:
    assert count(case) == case.expected

"""What an operator of a size does, counted by hand."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.representation.measured.measurement import RUNTIMES_MEASURED
from cyborg_rr.domain.representation.measured.operators import OPERATOR_NAMES, Operator
from cyborg_rr.domain.representation.measured.plan import list_operators

CASES = [
    (Operator("matmul", "bf16", (1, 2, 3, 5)), 2 * 2 * 3 * 5, 2 * (10 + 15 + 6)),
    (Operator("matmul", "f8E4M3FN", (4, 2, 3, 5)), 4 * 60, 4 * 31),
    (
        Operator("convolution", "f32", (1, 4, 8, 8, 6, 3, 2, 1)),
        2 * 6 * 4 * 4 * 4 * 9,
        4 * (4 * 64 + 6 * 16 + 6 * 4 * 9),
    ),
    (
        Operator("convolution", "f32", (1, 4, 8, 8, 4, 3, 1, 4)),
        2 * 4 * 64 * 9,
        4 * (256 + 256 + 36),
    ),
    (Operator("attention", "f16", (2, 3, 4, 5, 8)), 4 * 2 * 3 * 4 * 5 * 8, 2 * 2 * 48 * 9),
    (Operator("copy", "f32", (10,)), 0, 80),
    (Operator("add", "bf16", (10,)), 10, 60),
    (Operator("gelu", "f32", (10,)), 80, 80),
    (Operator("softmax", "f32", (2, 3)), 48, 48),
    (Operator("layer_norm", "f32", (2, 3)), 48, 48),
    (Operator("sum", "f32", (2, 3)), 6, 4 * (6 + 2)),
    (Operator("launch", "f32"), 0, 0),
]


@pytest.mark.parametrize(("operator", "operations", "moved"), CASES, ids=lambda value: str(value))
def test_operations_and_bytes_are_those_counted_by_hand(
    operator: Operator, operations: int, moved: int
) -> None:
    operator.check()
    assert (operator.operations, operator.bytes_moved) == (operations, moved)


def test_every_operator_has_a_case() -> None:
    assert {operator.name for operator, _, _ in CASES} == set(OPERATOR_NAMES)


@pytest.mark.parametrize(
    ("operator", "words"),
    [
        (Operator("matmul", "bf16", (2, 3)), "has the sizes batch, m, n, k"),
        (Operator("launch", "f32", (1,)), "has the sizes none"),
        (Operator("add", "bf17", (2,)), "'bf17' is no element type; nearest: bf16"),
        (Operator("add", "str", (2,)), "is no element type"),
        (Operator("add", "f32", (2,), tf32=True), "only products of f32 run as tf32"),
        (Operator("matmul", "bf16", (1, 2, 2, 2), tf32=True), "only products of f32"),
        (Operator("convolution", "f32", (1, 3, 8, 8, 6, 3, 1, 2)), "a multiple of groups"),
    ],
)
def test_an_operator_that_cannot_be_is_refused_by_name(operator: Operator, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        operator.check()


@pytest.mark.parametrize("runtime", RUNTIMES_MEASURED)
@pytest.mark.parametrize("is_small", [True, False])
def test_what_is_timed_can_be_and_stands_once(runtime: str, is_small: bool) -> None:
    operators = list_operators(runtime, is_small=is_small)
    assert operators[0].name == "launch"
    assert len(set(operators)) == len(operators)
    for operator in operators:
        operator.check()


def test_products_that_may_run_as_tf32_have_a_rate_of_their_own() -> None:
    assert Operator("matmul", "f32", (1, 2, 2, 2)).rate == "f32"
    assert Operator("matmul", "f32", (1, 2, 2, 2), tf32=True).rate == "tf32"
    assert Operator("matmul", "f8E5M2", (1, 2, 2, 2)).rate == "f8"

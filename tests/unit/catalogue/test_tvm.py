"""What TVM takes, by the tables that were made from its own answers."""

from __future__ import annotations

from typing import Any

import pytest

from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.graph.operands import Operand
from cyborg_rr.domain.representation.coverage.calls import Call

TABLES = {"tvm-cuda": "device", "tvm-import": "unknown"}
"""With what is said of a call that is imported: of other devices nobody states more."""


def judge(name: str, dialect: str, operation: str, *operands: Operand, **attributes: Any) -> str:
    """Where a call with one result, like its first operand, runs."""
    table = load().find_coverage(name)
    assert table is not None
    call = Call(dialect, operation, 17, operands, operands[:1], attributes)
    return table.judge(call, None).where


@pytest.mark.parametrize(("name", "taken"), TABLES.items())
def test_only_what_the_front_ends_know_is_taken(name: str, taken: str) -> None:
    image, kernel = Operand("f32", 4), Operand("f32", 4, is_constant=True)
    assert judge(name, "ai.onnx", "Conv", image, kernel) == taken
    assert judge(name, "ai.onnx", "DeformConv", image, kernel, image) == "otherwise"
    assert judge(name, "chlo", "sinh", image) == taken
    assert judge(name, "stablehlo", "transpose", image, permutation=[0, 2, 3, 1]) == "otherwise"


@pytest.mark.parametrize(("name", "taken"), TABLES.items())
def test_a_half_of_stablehlo_is_taken_where_it_is_not_stored(name: str, taken: str) -> None:
    given, stored = Operand("f16", 2), Operand("f16", 2, is_constant=True)
    assert judge(name, "stablehlo", "add", given, given) == taken
    assert judge(name, "stablehlo", "add", given, stored) == "otherwise"
    assert judge(name, "stablehlo", "add", *[Operand("bf16", 2)] * 2) == "otherwise"


@pytest.mark.parametrize(("name", "taken"), TABLES.items())
def test_products_of_the_last_dimension_with_the_one_before_the_last_are_taken(
    name: str, taken: str
) -> None:
    batched = {"lhs_batching": (0,), "rhs_batching": (0,), "lhs_contracting": (2,)}
    operands = [Operand("f32", 3)] * 2
    plain = judge(name, "stablehlo", "dot_general", *operands, **batched, rhs_contracting=(1,))
    turned = judge(name, "stablehlo", "dot_general", *operands, **batched, rhs_contracting=(2,))
    assert (plain, turned) == (taken, "otherwise")


@pytest.mark.parametrize(("name", "taken"), TABLES.items())
def test_lists_and_branches_are_taken_though_no_model_of_one_node_shows_them(
    name: str, taken: str
) -> None:
    tensor = Operand("f32", 2)
    assert (
        judge(name, "ai.onnx", "SequenceAt", tensor, Operand("i64", 0, is_constant=True)) == taken
    )
    assert judge(name, "ai.onnx", "If", Operand("i1", 0)) == taken
    assert judge(name, "ai.onnx", "Loop", Operand("i64", 0), Operand("i1", 0)) == "otherwise"

"""What IREE takes, by the tables that were made from its compiler's own answers."""

from __future__ import annotations

from typing import Any

import pytest

from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.graph.operands import Operand
from cyborg_rr.domain.representation.coverage.calls import Call

TABLES = ("iree-cuda", "iree-rocm", "iree-vulkan")

IMAGE = Operand("f32", 4)


def judge(
    name: str, operation: str, *operands: Operand, version: int = 17, **attributes: Any
) -> str:
    """Where a call with one result, like its first operand, runs."""
    table = load().find_coverage(name)
    assert table is not None
    call = Call("ai.onnx", operation, version, operands, operands[:1], attributes)
    return table.judge(call, None).where


@pytest.mark.parametrize("name", TABLES)
def test_only_what_the_importer_lowers_is_taken(name: str) -> None:
    assert judge(name, "Conv", IMAGE, Operand("f32", 4, is_constant=True)) == "device"
    assert judge(name, "Relu", IMAGE) == "device"
    assert judge(name, "DeformConv", IMAGE, IMAGE, IMAGE) == "otherwise"


@pytest.mark.parametrize("name", TABLES)
def test_a_tensor_without_a_sign_is_taken_where_the_file_does_not_store_it(name: str) -> None:
    given, stored = Operand("u16", 2), Operand("u16", 2, is_constant=True)
    assert judge(name, "Concat", given, given, axis=0) == "device"
    assert judge(name, "Concat", stored, given, axis=0) == "otherwise"


@pytest.mark.parametrize("name", TABLES)
def test_a_slice_is_taken_from_the_version_on_that_the_importer_knows(name: str) -> None:
    ends = [Operand("i64", 1, is_constant=True)] * 4
    assert judge(name, "Slice", IMAGE, *ends, version=11) == "otherwise"
    for version in (13, 28):
        assert judge(name, "Slice", IMAGE, *ends, version=version) == "device"
    with_axes_given = [*ends[:2], Operand("i64", 1), ends[3]]
    assert judge(name, "Slice", IMAGE, *with_axes_given) == "otherwise"


@pytest.mark.parametrize("name", TABLES)
def test_a_pool_is_taken_in_rows_alone(name: str) -> None:
    for order, where in ((0, "device"), (1, "otherwise")):
        found = judge(name, "MaxPool", IMAGE, kernel_shape=(2, 2), storage_order=order)
        assert found == where

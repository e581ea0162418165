"""Which smaller sizes are tried where a model needs too much memory."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from cyborg_rr.cli.smaller import list_smaller

CNN = Path(__file__).parent.parent / "data" / "onnx" / "cnn.onnx"


def make_arguments(batch: int | None = None, *inputs: str) -> argparse.Namespace:
    return argparse.Namespace(batch=batch, input=list(inputs), weights=None, cpu_seconds=None)


@pytest.mark.parametrize(
    ("batch", "tried"),
    [(None, []), (1, []), (2, [1]), (3, [1]), (20, [10, 5, 2, 1]), (96, [48, 24, 12, 6, 1])],
)
def test_batches_are_halved_and_1_is_the_last(batch: int | None, tried: list[int]) -> None:
    found = list(list_smaller(CNN, make_arguments(batch)))
    assert [each.values for each in found] == [(str(size),) for size in tried]
    assert {each.kind for each in found} <= {"batch"}
    assert [each.requirement.bindings["batch"] for each in found] == tried


def test_a_size_is_made_smaller_wherever_it_stands() -> None:
    found = list(list_smaller(CNN, make_arguments(None, "x=6x3x33x33:f32")))
    values = [each.values for each in found if each.kind == "input"]
    assert ("x=3x3x33x33:f32",) in values
    assert values
    for each in found:
        shown = each.values[0].removeprefix("x=").removesuffix(":f32")
        assert tuple(map(int, shown.split("x"))) == each.requirement.inputs[0].shape


def test_sizes_that_were_assumed_are_made_smaller_too() -> None:
    (least,) = list(list_smaller(CNN, make_arguments(), ("batch=2",)))
    assert least.values == ("batch=1",)

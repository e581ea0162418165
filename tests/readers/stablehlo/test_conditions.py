"""What an export asks of its open dimensions: examples keep to it, and other sizes are refused."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.graph.bounds import Condition
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.conditions import MAX_CONDITIONS
from tests.readers.stablehlo.files import read_text

SPECIFICATION = "Using the following polymorphic shapes specifications: args[0].shape = (b, 4). "
PLAIN = ("b >= 3", "b <= 64", "mod(b, 2) == 0")


def write(*constraints: str) -> str:
    """A module whose own checks state the constraints as jax.export words them."""
    said = [
        "    stablehlo.custom_call @shape_assertion(%ok, %n) {api_version = 2 : i32, error_message"
        f' = "Input shapes do not match the symbolic shape constraint {each}. Expected it to hold,'
        f' but found {{0}}. {SPECIFICATION}", has_side_effect = true}}'
        " : (tensor<i1>, tensor<i32>) -> ()\n"
        for each in constraints
    ]
    return (
        "module @m {\n  func.func public @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {\n"
        "    %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>\n"
        "    %ok = stablehlo.constant dense<true> : tensor<i1>\n"
        + "".join(said)
        + "    %y = stablehlo.add %x, %x : tensor<?x4xf32>\n"
        "    return %y : tensor<?x4xf32>\n  }\n}\n"
    )


def inspect(text: str, *inputs: str, batch: int | None = None) -> tuple[str, ...]:
    """The example that is offered with these sizes."""
    found = analyse(Source("m", text.encode()), parse_options(batch, inputs))
    return tuple(found.example_inputs)


def test_plain_conditions_are_told() -> None:
    assert read_text(write(*PLAIN)).conditions == (
        Condition("b", "at least", 3),
        Condition("b", "at most", 64),
        Condition("b", "a multiple of", 2),
    )


@pytest.mark.parametrize(
    "constraint",
    ["2*floordiv(b, 2) == b", "b >= c", "b + 1 >= 2", "mod(b, 0) == 0", "b >= " + "9" * 400],
)
def test_others_are_passed_over(constraint: str) -> None:
    assert read_text(write(constraint)).conditions == ()


def test_as_many_as_a_model_may_have_are_told() -> None:
    graph = read_text(write(*(f"b >= {least}" for least in range(2 * MAX_CONDITIONS))))
    assert len(graph.conditions) == MAX_CONDITIONS


@pytest.mark.parametrize(
    ("constraints", "example"),
    [
        (("b >= c",), ("b=1",)),
        (("b >= 3",), ("b=3",)),
        (PLAIN, ("b=4",)),
        (("b >= 8", "b <= 4"), ()),
    ],
)
def test_the_example_is_as_the_file_asks(
    constraints: tuple[str, ...], example: tuple[str, ...]
) -> None:
    assert inspect(write(*constraints)) == example


@pytest.mark.parametrize("given", ["b={}", "x={}x4", "batch"])
@pytest.mark.parametrize(
    ("size", "cause"), [(2, "at least 3"), (66, "at most 64"), (5, "a multiple of 2")]
)
def test_other_sizes_are_refused_however_they_are_given(given: str, size: int, cause: str) -> None:
    inputs = () if given == "batch" else (given.format(size),)
    with pytest.raises(InvalidInput, match=f"'b' cannot be {size}: the file says {cause}"):
        inspect(write(*PLAIN), *inputs, batch=size if given == "batch" else None)


def test_sizes_within_are_taken() -> None:
    for size in (4, 32, 64):
        assert inspect(write(*PLAIN), f"b={size}") == ()

"""Files that lie, lack or demand too much are refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.ngraph.reader import NgraphReader
from cyborg_rr.readers.reading.source import Source
from tests.patience import grows_in_proportion
from tests.readers import hostile
from tests.readers.ngraph.writing import Fields, constant, function, operation, parameter, write

X = parameter("x", [2, 3])


def refuse(content: bytes, cause: str) -> None:
    """The file is refused soon, for that cause."""
    hostile.refuse(NgraphReader(), Source("hostile", content), cause)


def one(*ops: Fields, result: object = "made") -> bytes:
    """A file of one function."""
    return write(function("F", ops, result))


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "not JSON"),
        (b"{}", "not a list"),
        (b"[]", "no function"),
        (b"[1]", "not an object"),
        (b"[" * 100_000, "too deep|not JSON"),
        (b'[{"name": "F", "name": "G"}]', "twice"),
        (b'[{"ops": []}]', "lacks"),
        (b'[{"name": "F", "ops": [], "parameters": []}]', "lacks 'result'"),
        (b'[{"name": "F", "ops": {}, "parameters": [], "result": []}]', "not a list"),
        (b'[{"name": "F", "ops": [7], "parameters": [], "result": []}]', "not an object|lacks"),
        (one(X, X), "stands twice"),
        (one(X), "'made', which does not stand before it"),
        (one(operation("Relu", "x"), X), "does not stand before it"),
        (one(X, operation("Relu", {"node": "x", "index": 9})), "reads output 9"),
        (one(X, operation("Relu", {"node": "x", "index": -1})), "is output -1"),
        (one(X, operation("Relu", {"node": "x", "index": 1 << 40})), "is output"),
        (one(X, operation("Relu")), "lacks number 0"),
        (one(parameter("x", [-1]), operation("Relu", "x")), "negative"),
        (one(parameter("x", [1 << 40, 1 << 40]), operation("Relu", "x")), "more than"),
        (one(parameter("x", [1] * 99), operation("Relu", "x")), "rank 99"),
        (one(parameter("x", ["two"]), operation("Relu", "x")), "not a whole number"),  # type: ignore[list-item]
        (one(constant("c", [2], "quaternion", 1), operation("Relu", "c")), "type is not known"),
        (one(X, operation("GetOutputElement", "x", n=7)), "reads output 7"),
        (one(X, operation("FunctionCall", "x", function="G")), "a function that is not there"),
        (one(X, operation("FunctionCall", "x", function="F")), "calls itself"),
        (one(X, operation("FunctionCall", "x", function=["F"])), "that is not there"),
        (one(X, operation("Reshape", "x", output_shape=[6])), "'input_order' is missing"),
        (one(X, operation("Reshape", "x", input_order=[1, 0], output_shape=[7])), "made"),
        (one(X, operation("Slice", "x", lower_bounds=[0], upper_bounds=["a"])), "list of integers"),
        (one(X, operation("Concat", "x", axis="first")), "'axis' is missing"),
        (one(X, X | {"name": "y"}, operation("Dot", "x", "y")), "made"),
        (one(X, operation("Dot", "x", "x", reduction_axes_count=9)), "sums over 9 dimensions"),
        (one(X, operation("OneHot", "x", shape=[2, 3], one_hot_axis=5)), "dimension 5"),
        (one(X, operation("TopK", "x", top_k_axis=-7, k=1)), "dimension -7"),
        (one(X, operation("DynSlice", "x", "x", "x", new_axis=[1 << 60])), "not there"),
    ],
    ids=range(35),
)
def test_a_malformed_function_is_refused(content: bytes, cause: str) -> None:
    refuse(content, cause)


@pytest.mark.parametrize(
    "attributes",
    [
        {"window_movement_strides": [0, 0]},
        {"window_movement_strides": [1]},
        {"padding_below": [1, 1], "padding_above": [1]},
        {"window_dilation_strides": [-1, -1]},
        {"groups": 0},
        {"groups": -(1 << 62)},
        {"pad_type": 99, "padding_below": "all"},
    ],
)
def test_windows_that_cannot_slide_are_refused(attributes: dict[str, Any]) -> None:
    data, kernel = parameter("x", [1, 2, 4, 4]), parameter("k", [2, 2, 3, 3])
    refuse(one(data, kernel, operation("Convolution", "x", "k", **attributes)), "made")


def test_functions_that_call_each_other_in_a_long_row_are_refused() -> None:
    rows = [
        function(f"F{n}", [X, operation("FunctionCall", "x", function=f"F{n + 1}")], "made")
        for n in range(100)
    ]
    refuse(write(function("F100", [X], "x"), *rows[::-1]), "more than 32 deep")


def test_functions_that_double_their_calls_stay_small() -> None:
    """Forty functions that call the next twice would be 2**40 operations if written out."""
    called = [function("F0", [X, operation("Relu", "x")], "made")]
    for n in range(1, 31):
        first = operation("FunctionCall", "x", name="one", function=f"F{n - 1}")
        second = operation("FunctionCall", "one", name="two", function=f"F{n - 1}")
        called.append(function(f"F{n}", [X, first, second], "two"))
    assert NgraphReader().read(Source("calls", write(*called))).body.nodes


def test_a_long_chain_needs_no_stack_and_names_many_no_time() -> None:
    ops = [X]
    for n in range(20_000):
        ops.append(operation("Relu", ops[-1]["name"], name="made" if n == 19_999 else f"r{n}"))
    assert len(NgraphReader().read(Source("long", one(*ops))).body.nodes) == 20_000


def test_many_operations_with_one_label_take_no_time() -> None:
    def make(count: int) -> Callable[[], Graph]:
        ops = [operation("Relu", "x", name=f"r{n}", friendly_name="same") for n in range(count)]
        source = Source("long", one(X, *ops, result="r7"))
        return lambda: NgraphReader().read(source)

    grows_in_proportion(make, 20_000)


def test_a_file_that_was_cut_off_is_recognised() -> None:
    whole = one(X, operation("Relu", "x"))
    assert NgraphReader().recognises(Source("cut", whole[: len(whole) * 3 // 4]))
    assert not NgraphReader().recognises(Source("cut", json.dumps([{"name": "a"}]).encode()))

"""Accessors of a native node give what is asked for, or refuse by node and attribute."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import SMALL_CONSTANT_ELEMENTS, StoredTensor, TensorType
from cyborg_rr.readers.kit.node import NativeNode
from tests.readers.kit.building import make_node


def test_values_that_are_left_out_have_no_name_and_no_type() -> None:
    node = make_node()
    assert [node.input(index) for index in range(4)] == ["x", "", "k", ""]
    assert [node.output(index) for index in range(2)] == ["y", ""]
    assert node.shape(0) == (2, 3)
    assert [node.element_type(index) for index in range(4)] == ["f32", None, "i64", None]
    assert (node.shape(1), node.input_type(3), node.stored(1)) == (None, None, None)


def test_values_between_steps_are_called_after_the_first_result() -> None:
    assert make_node(outputs=("", "z")).fresh("sum") == "z/sum"
    assert make_node(outputs=()).fresh("sum") == "n/sum"


@pytest.mark.parametrize(
    ("tensor", "values"),
    [
        (StoredTensor(TensorType("i64", (2,)), "constant", values=(1, 2)), (1, 2)),
        (StoredTensor(TensorType("i64", (3,)), "constant", values=(7,), splat=True), (7, 7, 7)),
        (StoredTensor(TensorType("i64", (0,)), "constant", values=(7,), splat=True), ()),
        (StoredTensor(TensorType("i64", ("n",)), "constant", values=(7,), splat=True), None),
        (StoredTensor(TensorType("i64", (2,)), "parameter"), None),
    ],
)
def test_stored_values_are_given_while_they_are_few(
    tensor: StoredTensor, values: tuple[int, ...] | None
) -> None:
    assert make_node(stored={"k": tensor}).values(2) == values


def test_one_value_repeated_without_end_is_not_written_out() -> None:
    huge = TensorType("f32", (SMALL_CONSTANT_ELEMENTS + 1,))
    tensor = StoredTensor(huge, "constant", values=(0.0,), splat=True)
    assert make_node(stored={"k": tensor}).values(2) is None


def test_attributes_are_given_by_kind() -> None:
    node = make_node(axis=2, epsilon=0.5, mode="linear", pads=(1, 2), scales=(1, 0.5), keep=1)
    assert node.integer("axis", default=0) == 2
    assert node.number("epsilon", default=0.0) == 0.5
    assert node.number("axis", default=0.0) == 2
    assert node.text("mode") == "linear"
    assert node.integers("pads") == (1, 2)
    assert node.numbers("scales") == (1, 0.5)
    assert node.flag("keep") is True
    assert node.has("axis")
    assert not node.has("axes")


def test_attributes_that_are_left_out_have_defaults() -> None:
    node = make_node()
    assert node.integer("axis", default=-1) == -1
    assert node.number("epsilon", default=1e-5) == 1e-5
    assert node.text("mode") == ""
    assert node.text("mode", default="nearest") == "nearest"
    assert node.flag("keep", default=True) is True
    assert node.flag("keep") is False
    assert node.integers("pads") is None
    assert node.numbers("scales") is None


def test_the_first_name_that_is_there_counts() -> None:
    node = make_node(dims=(1,), dimensions=(2,))
    assert node.integers("axes", "dims", "dimensions") == (1,)


REFUSED: dict[str, Callable[[NativeNode], object]] = {
    "an integer": lambda node: node.integer("a", default=0),
    "a number": lambda node: node.number("a", default=0.0),
    "a string": lambda node: node.text("a"),
    "a list of integers": lambda node: node.integers("a"),
    "a list of numbers": lambda node: node.numbers("a"),
}


@pytest.mark.parametrize("wanted", REFUSED)
@pytest.mark.parametrize("value", [object(), ("text",), {}])
def test_an_attribute_of_another_kind_is_refused_by_name(wanted: str, value: object) -> None:
    with pytest.raises(UnreadableModel, match=rf"^node n: attribute 'a' is not {wanted}$"):
        REFUSED[wanted](make_node(a=value))


def test_the_name_that_stands_in_the_file_is_the_one_in_the_refusal() -> None:
    with pytest.raises(UnreadableModel, match="'dims'"):
        make_node(dims="all").integers("axes", "dims")


def test_a_step_has_the_values_of_its_node_and_no_attribute_that_is_none() -> None:
    step = make_node().step("reduce", axes=(1,), function=None)
    assert (step.inputs, step.outputs) == (("x", "", "k"), ("y",))
    assert step.attributes == {"axes": (1,)}
    assert make_node().step("add", ("x",), ("t",)).outputs == ("t",)

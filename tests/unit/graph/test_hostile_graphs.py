"""Graphs that nobody means well with: refused in one line, quickly, and never with a traceback."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cyborg_rr import codec
from cyborg_rr.domain.errors import InvalidInput, UnreadableModel
from cyborg_rr.domain.graph.graph import (
    AttributeValue,
    Block,
    Graph,
    IRIdentity,
    Node,
    StoredTensor,
    TensorType,
)
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.domain.requirement.requirement import IRRequirement
from tests.unit.graph.building import GraphBuilder

scalars = st.integers(-3, 5) | st.sampled_from([2**31, 2**63 - 1, 2**64, -(2**63)])
attribute_names = st.sampled_from(
    ["axis", "axes", "shape", "permutation", "strides", "padding", "dilations", "kernel", "groups",
     "lhs_contracting", "rhs_contracting", "lhs_batching", "slice_sizes", "split", "equation",
     "layout", "data_layout", "element_type", "function", "operands", "direction", "value", "k",
     "broadcast_dimensions", "starts", "ends", "steps", "blocksize", "trip_count", "index",
     "window_dimensions", "scales", "group_size", "keep_dimensions", "hidden_size", "q_num_heads",
     "output_shape", "out_channels", "units", "start", "end", "fft_type", "fft_length"]
)  # fmt: skip
attributes = st.dictionaries(
    attribute_names,
    scalars
    | st.booleans()
    | st.floats()
    | st.sampled_from(["f32", "i64", "NC01", "ij,jk->ik", "sum", "RFFT", "same_upper", ""])
    | st.lists(scalars, max_size=4).map(tuple)
    | st.lists(st.sampled_from(["a", "?"]), max_size=2).map(tuple),
    max_size=4,
)
shapes = st.none() | st.lists(st.integers(0, 4) | st.sampled_from(["n", "?"]), max_size=4).map(
    tuple
)
types = st.builds(TensorType, st.sampled_from(["f32", "i64", "i1", "i4", "c64", None]), shapes)
constants = st.lists(scalars, max_size=5).map(
    lambda values: StoredTensor(TensorType("i64", (len(values),)), "constant", values=tuple(values))
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(REGISTRY)),
    st.lists(types, max_size=4),
    st.lists(constants, max_size=3),
    st.integers(0, 3),
    attributes,
)
def test_any_node_is_either_analysed_or_refused(
    operation: str,
    operands: list[TensorType],
    stored: list[StoredTensor],
    outputs: int,
    chosen: dict[str, AttributeValue],
) -> None:
    inputs = {f"x{place}": operand for place, operand in enumerate(operands)}
    constant = {f"c{place}": value for place, value in enumerate(stored)}
    names = tuple(f"y{place}" for place in range(outputs))
    inner = Block({"a": TensorType("f32", (2,))}, ("a",), ())
    node = Node(operation, operation, (*inputs, *constant), names, chosen, (inner, inner))
    body = Block(inputs, names, (node,), constant)
    graph = Graph(IRIdentity("test", None, "memory"), "model", body)
    try:
        typed = infer(graph)
        found = extract(typed, name="m", sha256=None, size_bytes=0, reader_name="test", bindings={})
    except InvalidInput:
        return
    assert codec.parse(IRRequirement, codec.render(found), "requirement") == found


def test_a_value_that_nothing_defines_is_named() -> None:
    b = GraphBuilder()
    b.node("relu", "ghost", name="y")
    with pytest.raises(UnreadableModel, match=r"node 'y' \(relu\) reads 'ghost'"):
        b.infer("y")


def test_a_value_read_before_it_is_made_is_refused() -> None:
    b = GraphBuilder()
    b.input("x", 2)
    b.node("relu", "late", name="y")
    b.node("relu", "x", name="late")
    with pytest.raises(UnreadableModel, match="'late', which is not defined"):
        b.infer("y")


def test_a_value_made_twice_is_refused() -> None:
    b = GraphBuilder()
    b.input("x", 2)
    b.node("relu", "x", name="y")
    b.node("exp", "x", name="y")
    with pytest.raises(UnreadableModel, match="defines 'y' a second time"):
        b.infer("y")


def test_an_output_that_nothing_makes_is_refused() -> None:
    b = GraphBuilder()
    b.input("x", 2)
    with pytest.raises(UnreadableModel, match="output 'y' is not defined"):
        b.infer("y")


@pytest.mark.parametrize("shape", [(2**62, 4), (-5,), (1,) * 100])
def test_absurd_stated_shapes_are_refused_wherever_they_stand(shape: tuple[int, ...]) -> None:
    as_input, as_weight, as_result = GraphBuilder(), GraphBuilder(), GraphBuilder()
    as_input.input("x", *shape)
    as_input.node("relu", "x", name="y")
    weight = as_weight.parameter(*shape)
    as_weight.node("relu", weight, name="y")
    as_result.input("x", 2)
    as_result.node("custom_call", "x", name="y")
    as_result.types = {"y": TensorType("f32", shape)}
    for builder in (as_input, as_weight, as_result):
        with pytest.raises(UnreadableModel, match="value '"):
            builder.infer("y")


def test_shapes_that_multiply_without_end_are_refused() -> None:
    b = GraphBuilder()
    x = b.input("x", 1024)
    for _ in range(100):
        x = b.node("concatenate", x, x, axis=0)
    with pytest.raises(UnreadableModel, match=r"2\*\*63"):
        b.infer(x)


def test_elements_of_unknown_type_leave_figures_open_but_do_not_fail() -> None:
    b = GraphBuilder()
    b.input("x", 4, element_type="f9")
    b.node("relu", "x", name="y")
    found = extract(
        b.infer("y"), name="m", sha256=None, size_bytes=0, reader_name="test", bindings={}
    )
    assert found.compute.macs is None
    assert found.memory.input_bytes is None
    assert found.warnings


def test_names_cannot_break_a_message() -> None:
    b = GraphBuilder()
    b.nodes = [Node("relu", "Re\nlu" * 1000, ("gh\x1bost\n",), ("y",), name="n\r\n" * 1000)]
    with pytest.raises(UnreadableModel) as refusal:
        b.infer("y")
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 600


def test_tuples_of_tuples_do_not_grow_without_bound() -> None:
    b = GraphBuilder()
    pair = b.node("tuple", b.input("x", 4), "x")
    for _ in range(200):
        pair = b.node("tuple", pair, pair)
    for _ in range(200):
        pair = b.node("get_tuple_element", pair, index=1)
    last = b.node("get_tuple_element", pair, index=0)
    b.types[last] = TensorType("f32", (4,))
    found = extract(
        b.infer(last), name="m", sha256=None, size_bytes=0, reader_name="test", bindings={}
    )
    assert found.outputs[0].shape == (4,)


@pytest.mark.parametrize("operation", ["reduce", "reduce_window", "scatter"])
@pytest.mark.parametrize("count", [5, 39747799748301810, -1])
def test_no_attribute_makes_more_operands_than_there_are(operation: str, count: int) -> None:
    node = Node(operation, "Native", ("x", "y"), ("z",), {"operands": count})
    scalar = TensorType("f32", (4,))
    body = Block({"x": scalar, "y": scalar}, ("z",), (node,))
    with pytest.raises(UnreadableModel, match=rf"operands is {count}, there are 2 operands"):
        infer(Graph(IRIdentity("test", None), "model", body))

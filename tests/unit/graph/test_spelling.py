"""What an operation counts as for compilers, whichever way its IR spells it."""

from __future__ import annotations

import pytest

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
from cyborg_rr.domain.graph.work.workload import find_workload


def count(name: str, *shapes: tuple[int, ...], **attributes: AttributeValue) -> list[str]:
    """The canonical operation that a node of inputs of these shapes counts as."""
    inputs = {f"x{place}": TensorType("f32", shape) for place, shape in enumerate(shapes)}
    node = Node(name, name, tuple(inputs), ("y",), attributes)
    body = Block(inputs, ("y",), (node,))
    return list(find_workload(infer(Graph(IRIdentity("test", None, "none"), "", body))).canonical)


@pytest.mark.parametrize(
    ("shape", "axes", "name"),
    [
        ((1, 8, 4, 4), (2, 3), "global_pool"),
        ((1, 8, 4, 4), (-1, -2), "global_pool"),
        ((1, 4, 4, 8), (1, 2), "global_pool"),
        ((1, 8, 2, 4, 4), (2, 3, 4), "global_pool"),
        ((1, 8, 4, 4), (3,), "reduce"),
        ((1, 8, 4, 4), (0, 1, 2, 3), "reduce"),
        ((1, 8, 4, 4), None, "reduce"),
        ((1, 16, 8), (1,), "reduce"),
    ],
)
def test_a_mean_over_all_of_space_is_a_global_pool(
    shape: tuple[int, ...], axes: tuple[int, ...] | None, name: str
) -> None:
    assert count("reduce", shape, function="mean", axes=axes) == [name]
    assert count("reduce", shape, function="sum", axes=axes) == ["reduce"]


def test_the_axes_of_a_mean_may_be_stored() -> None:
    axes = StoredTensor(TensorType("i64", (2,)), "constant", "inline", (2, 3))
    node = Node("reduce", "ReduceMean", ("x", "axes"), ("y",), {"function": "mean"})
    body = Block({"x": TensorType("f32", (1, 8, 4, 4))}, ("y",), (node,), {"axes": axes})
    workload = find_workload(infer(Graph(IRIdentity("test", None, "none"), "", body)))
    assert list(workload.canonical) == ["global_pool"]


def test_a_product_of_two_matrices_is_a_dense_layer() -> None:
    assert count("matmul", (1, 8), (8, 10)) == ["gemm"]
    assert count("matmul", (4, 1, 8), (4, 8, 10)) == ["matmul"]
    assert count("matmul", (4, 1, 8), (8, 10)) == ["matmul"]

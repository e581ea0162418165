"""A node without a required attribute is refused, or has no cost, and nothing is made up."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import AttributeValue, Block, Graph, IRIdentity
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.operations.registry import REGISTRY
from cyborg_rr.domain.graph.work.costs import find_cost
from tests.unit.graph.building import GraphBuilder


def build(
    operation: str, *shapes: tuple[int, ...], blocks: tuple[Block, ...] = (),
    **attributes: AttributeValue,
) -> Graph:  # fmt: skip
    """A graph that is not held against the declarations before."""
    b = GraphBuilder()
    names = [b.input(f"x{place}", *shape) for place, shape in enumerate(shapes)]
    found = b.node(operation, *names, blocks=blocks, **attributes)
    return Graph(IRIdentity("test", None, "memory"), "model", b.block(found))


def build_body() -> Block:
    b = GraphBuilder()
    return b.block(b.node("relu", b.input("a", 4)))


@pytest.mark.parametrize(
    ("operation", "shapes", "attribute"),
    [
        ("concatenate", ((2, 3), (2, 3)), "axis"),
        ("depth_to_space", ((1, 4, 2, 2),), "blocksize"),
        ("space_to_depth", ((1, 4, 2, 2),), "blocksize"),
        ("einsum", ((2, 3), (3, 4)), "equation"),
        ("pool", ((1, 3, 6, 6),), "kernel"),
        ("bitcast_convert", ((2,),), "element_type"),
    ],
)
def test_a_shape_that_needs_the_attribute_is_refused(
    operation: str, shapes: tuple[tuple[int, ...], ...], attribute: str
) -> None:
    with pytest.raises(UnreadableModel, match=f"'v0'.*the attribute {attribute} is missing"):
        infer(build(operation, *shapes))


def test_a_scan_that_does_not_say_what_it_takes_apart_is_refused() -> None:
    with pytest.raises(UnreadableModel, match="the attribute num_scan_inputs is missing"):
        infer(build("scan", (3, 4), blocks=(build_body(),)))


@pytest.mark.parametrize(
    ("operation", "shapes", "attribute"),
    [
        ("group_normalization", ((2, 6, 5, 7), (6,), (6,)), "groups"),
        ("local_response_normalization", ((2, 7, 5, 3),), "size"),
    ],
)
def test_work_that_needs_the_attribute_is_not_known(
    operation: str, shapes: tuple[tuple[int, ...], ...], attribute: str
) -> None:
    for given, known in (({}, False), ({attribute: 3}, True)):
        typed = infer(build(operation, *shapes, **given))
        (node,) = typed.graph.body.nodes
        assert (find_cost(REGISTRY[operation], node, typed.body) is not None) is known

"""Conditions: of two networks within a layer one runs."""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node
from cyborg_rr.readers.kit.scope import Scope
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.openvino.document import Layer
from cyborg_rr.readers.openvino.graph import Place, Translation
from cyborg_rr.readers.openvino.nesting.joints import (
    get_yielded,
    give,
    list_joints,
    open_body,
    write_body,
)


def _branch(
    translation: Translation, place: Place, layer: Layer, side: str, given: Mapping[int, str]
) -> tuple[Block, dict[int, str]]:
    """One side of a condition; its operands are the outer values themselves."""
    scope = Scope(place.scope)
    inner = open_body(translation, layer, f"{side}_body", scope)
    table = f"{side}_port_map"
    for joint in list_joints(layer, table, "input"):
        give(inner, joint, given.get(joint.port, ""), layer)
    nodes = write_body(translation, inner)
    yielded = {
        joint.port: get_yielded(translation, inner, joint, layer)
        for joint in list_joints(layer, table, "output")
    }
    return Block({}, (), tuple(nodes), {}, scope.types), yielded


def make_if(
    translation: Translation,
    place: Place,
    layer: Layer,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
) -> list[Node]:
    """If: the first operand chooses."""
    given = dict(zip(layer.inputs, inputs, strict=True))
    blocks = []
    for side in ("then", "else"):
        block, yielded = _branch(translation, place, layer, side, given)
        missing = next((port.number for port in layer.outputs if port.number not in yielded), None)
        if missing is not None:
            raise UnreadableModel(f"{layer.place}: its <{side}_body> does not yield port {missing}")
        wanted = tuple(yielded[port.number] for port in layer.outputs)
        blocks.append(Block({}, wanted, block.nodes, {}, block.types))
    return make_nodes([Step("if", inputs[:1], outputs, {})], layer.kind, layer.name, tuple(blocks))

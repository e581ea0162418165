"""How a layer is joined to the network within it: maps of ports, and edges from trip to trip.

https://docs.openvino.ai/2025/documentation/openvino-ir-format/operation-sets/operation-specs.html,
infrastructure: ``port_map`` joins ports of the layer to layers of its body, ``back_edges`` a result
of one trip to what the next begins with. A body has no other tie to what is around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Node
from cyborg_rr.readers.kit.scope import Scope
from cyborg_rr.readers.openvino.document import Layer, get_whole
from cyborg_rr.readers.openvino.graph import Place, Translation
from cyborg_rr.readers.openvino.order import list_sinks, order_layers
from cyborg_rr.readers.openvino.values import parse_whole

_MAX_PARTS: Final = 1 << 20

Inner = tuple[int, int | None]
"""A layer of a body, and a port of it where one is stated."""


@dataclass(frozen=True, slots=True)
class Joint:
    """One line of a port map: a port of the layer, and where in the body it leads."""

    port: int
    inner: Inner
    axis: int | None
    part: int
    purpose: str


def list_joints(layer: Layer, table: str, tag: str) -> Iterator[Joint]:
    """The lines of a map that are inputs, or outputs."""
    what = layer.place
    for kind, attributes in layer.lists.get(table, ()):
        if kind == tag:
            part = parse_whole(attributes.get("part_size", "")) or 1
            if not 0 < part <= _MAX_PARTS:
                raise UnreadableModel(f"{what}: a slice has {part} parts")
            yield Joint(
                get_whole(attributes, "external_port_id", what),
                (get_whole(attributes, "internal_layer_id", what),
                 parse_whole(attributes.get("internal_port_id", ""))),
                parse_whole(attributes.get("axis", "")), part, attributes.get("purpose", ""),
            )  # fmt: skip


def open_body(translation: Translation, layer: Layer, name: str, scope: Scope) -> Place:
    """A network of a layer, about to be written."""
    network = layer.bodies.get(name)
    if network is None:
        raise UnreadableModel(f"{layer.place} lacks its <{name}>")
    return translation.enter(network, scope)


def give(inner: Place, joint: Joint, name: str, layer: Layer) -> None:
    """Let a value stand for a parameter of the body, or for an input port of one of its layers."""
    number, port = joint.inner
    target = inner.network.layers.get(number)
    if target is None:
        raise UnreadableModel(f"{layer.place}: its body has no layer {number}")
    if port is not None and target.kind not in ("Parameter", "Input"):
        inner.given[number, port] = name
    elif target.outputs:
        inner.names[number, target.outputs[0].number] = name


def get_yielded(translation: Translation, inner: Place, joint: Joint, layer: Layer) -> str:
    """The value of the body that a line of the map lets out."""
    number, port = joint.inner
    target = inner.network.layers.get(number)
    if target is None:
        raise UnreadableModel(f"{layer.place}: its body has no layer {number}")
    if target.kind == "Result" and target.inputs:
        return translation.read(inner, target, target.inputs[0])
    name = inner.names.get((number, target.outputs[0].number if port is None else port)) if (
        target.outputs
    ) else None  # fmt: skip
    if name is None:
        raise UnreadableModel(f"{layer.place}: layer {number} of its body yields nothing")
    return name


def write_body(translation: Translation, inner: Place) -> list[Node]:
    """The nodes of a body, all of whose parameters were given something."""
    network = inner.network
    for each in network.layers.values():
        if each.kind in ("Parameter", "Input") and each.outputs:
            output = (each.number, each.outputs[0].number)
            if output not in inner.names:
                raise UnreadableModel(f"{each.place} of a body is given nothing")
    return translation.write(inner, order_layers(network, list_sinks(network)))


def list_back_edges(layer: Layer) -> Iterator[tuple[Inner, Inner]]:
    """Where the next trip begins, by layer and port, and what of the last one it begins with."""
    for _, attributes in layer.lists.get("back_edges", ()):
        target = get_whole(attributes, "to-layer", layer.place)
        source = get_whole(attributes, "from-layer", layer.place)
        yield (
            (target, parse_whole(attributes.get("to-port", ""))),
            (source, parse_whole(attributes.get("from-port", ""))),
        )

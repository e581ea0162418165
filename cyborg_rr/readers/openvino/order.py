"""The layers that a network runs, each behind those that it reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.openvino.document import Layer, Network

SINKS: Final = frozenset({"Result", "Assign"})
"""What a network runs for; files before version 10 name none."""


def list_sinks(network: Network) -> list[Layer]:
    """What the network yields: results, then states; or every layer that none reads."""
    sinks = [layer for layer in network.layers.values() if layer.kind in SINKS]
    if sinks:
        return sorted(sinks, key=lambda layer: layer.kind == "Assign")
    read = {source for source, _ in network.edges.values()}
    return [layer for number, layer in network.layers.items() if number not in read]


def list_sources(network: Network, layer: Layer) -> list[int]:
    """Layers that a layer reads; what a state begins with is read once only."""
    if layer.kind == "ReadValue":
        return []
    edges, number = network.edges, layer.number
    places = [(number, port) for port in layer.inputs]
    return [edges[place][0] for place in places if place in edges]


def order_layers(network: Network, sinks: Iterable[Layer]) -> list[Layer]:
    """The layers behind the sinks. Raises ``UnreadableModel`` where they go round in a circle."""
    ordered: list[Layer] = []
    done: set[int] = set()
    open_: set[int] = set()
    for sink in sorted(sinks, key=lambda layer: layer.number):
        waiting = [] if sink.number in done else [(sink, iter(list_sources(network, sink)))]
        open_.update(layer.number for layer, _ in waiting)
        while waiting:
            layer, sources = waiting[-1]
            for number in sources:
                if number in done:
                    continue
                if number in open_:
                    raise UnreadableModel(f"{layer.place} reads what comes of it")
                open_.add(number)
                found = network.layers[number]
                waiting.append((found, iter(list_sources(network, found))))
                break
            else:
                waiting.pop()
                open_.discard(layer.number)
                done.add(layer.number)
                ordered.append(layer)
    return ordered

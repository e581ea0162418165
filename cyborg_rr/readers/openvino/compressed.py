"""Compressed weights: narrow constants that a few layers widen, shift and scale.

OpenVINO's compilers keep such weights narrow and widen them within the product that reads them
(``docs.openvino.ai``, weight compression; the ``decompression`` marks of ``rt_info``), so that the
layers are one dequantisation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.readers.openvino.document import Layer, Network

_NARROW: Final = frozenset(
    {"u8", "i8", "u4", "i4", "u2", "u3", "u6", "nf4", "f4e2m1", "f8e4m3", "f8e5m2", "u1"}
)

Output = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Widening:
    """Outputs of the weights, of what they are scaled by, and of what is taken from them."""

    weights: Output
    scale: Output
    zero: Output | None


@dataclass(frozen=True, slots=True)
class Compressed:
    """By the number of the layer that scales; ``skipped`` are the layers before it."""

    widenings: Mapping[int, Widening]
    skipped: frozenset[int]


def find_compressed(network: Network) -> Compressed:
    """All compressed weights of a network."""
    widenings: dict[int, Widening] = {}
    skipped: set[int] = set()
    if not any(_is_narrow(layer) for layer in network.layers.values()):
        return Compressed(widenings, frozenset())
    readers = Counter(source[0] for source in network.edges.values())
    for layer in network.layers.values():
        if layer.kind == "Multiply":
            found = _match(network, layer, readers)
            if found is not None:
                widenings[layer.number], between = found
                skipped.update(between)
    return Compressed(widenings, frozenset(skipped))


def _is_narrow(layer: Layer) -> bool:
    return layer.kind == "Const" and layer.attributes.get("element_type", "") in _NARROW


def _source(network: Network, layer: Layer, place: int) -> Output | None:
    if place >= len(layer.inputs):
        return None
    return network.edges.get((layer.number, layer.inputs[place]))


def _match(
    network: Network, layer: Layer, readers: Counter[int]
) -> tuple[Widening, list[int]] | None:
    scaled, scale = _source(network, layer, 0), _source(network, layer, 1)
    if scaled is None or scale is None:
        return None
    before, zero, between = network.layers[scaled[0]], None, []
    if before.kind == "Subtract" and readers[before.number] == 1:
        between.append(before.number)
        shifted, zero = _source(network, before, 0), _source(network, before, 1)
        if shifted is None or zero is None:
            return None
        before = network.layers[shifted[0]]
        inner = network.layers[zero[0]]
        if inner.kind == "Convert" and readers[inner.number] == 1:
            between.append(inner.number)
            zero = _source(network, inner, 0)
            if zero is None:
                return None
    weights = _source(network, before, 0) if before.kind == "Convert" else None
    if weights is None or readers[before.number] != 1:
        return None
    if not _is_narrow(network.layers[weights[0]]):
        return None
    return Widening(weights, scale, zero), [*between, before.number]

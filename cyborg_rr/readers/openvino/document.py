"""A network as its file states it: layers, ports and edges; nothing is interpreted yet.

https://docs.openvino.ai/2025/documentation/openvino-ir-format.html. Layers before version 10 name
their attributes ``convolution_data`` and the like, and refer to weights as ``blobs``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote, shorten
from cyborg_rr.readers.openvino.values import parse_whole

Attributes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Port:
    """A port: its number, the word of its element type, and sizes (-1 where one is open)."""

    number: int
    precision: str
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Blob:
    """Where weights stand in the file beside; ``precision`` is empty where it is the layer's."""

    offset: int
    size: int
    precision: str = ""


@dataclass(slots=True)
class Network:
    """Layers by number, and for the input port of each the output port that feeds it."""

    layers: dict[int, Layer] = field(default_factory=dict)
    edges: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)


NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
"""What most layers have of all that is seldom there; it takes no memory for each."""


@dataclass(slots=True)
class Layer:
    """One layer: its attributes are text.

    ``bodies`` are networks within it, ``lists`` the maps that join them to it: tag and attributes
    of each line.
    """

    number: int
    name: str
    kind: str
    opset: str
    precision: str
    attributes: Attributes
    inputs: list[int]
    outputs: list[Port]
    blobs: Mapping[str, Blob]
    bodies: Mapping[str, Network]
    lists: Mapping[str, list[tuple[str, Attributes]]]

    @property
    def place(self) -> str:
        """How messages call it."""
        return f"layer {self.number} ({quote(self.name)}, {quote(self.kind)})"


@dataclass(slots=True)
class Document:
    """A file: the attributes of its root, its network, and what converters noted about it."""

    root: Attributes
    network: Network
    notes: Mapping[str, str]


def get_whole(attributes: Attributes, name: str, what: str) -> int:
    """A whole number that an element must have."""
    number = parse_whole(attributes.get(name, ""))
    if number is None:
        raise UnreadableModel(f"{shorten(what)} lacks a number '{name}'")
    return number


def is_static(network: Network) -> bool:
    """Whether no port of it leaves a size open."""
    return not any(-1 in port.sizes for each in network.layers.values() for port in each.outputs)

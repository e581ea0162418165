"""Types that ports, constants and inputs of a network state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.bounds import Condition
from cyborg_rr.domain.graph.graph import Dimension, TensorType
from cyborg_rr.domain.graph.shapes import ANY, Contradiction, check_type
from cyborg_rr.readers.openvino.document import Layer, Port
from cyborg_rr.readers.openvino.values import find_type, parse_sizes

_SIGNS: Final = re.compile(r"[^A-Za-z0-9_.]")

Sizes = tuple[tuple[int, int | None], ...]


@lru_cache(maxsize=4096)
def _make_type(precision: str, sizes: tuple[int, ...] | None) -> TensorType:
    """One object for equal types: a network has few of them."""
    shape = None if sizes is None else tuple(ANY if size < 0 else size for size in sizes)
    return check_type(TensorType(find_type(precision), shape))


def type_of(layer: Layer, port: Port, scalars: bool) -> TensorType:
    """The type of a result; no sizes are those of a number where ``scalars``, else of anything."""
    sizes = port.sizes if port.sizes or scalars else None
    try:
        return _make_type(port.precision, sizes)
    except Contradiction as contradiction:
        raise UnreadableModel(f"{layer.place}: {contradiction}") from contradiction


def read_sizes(layer: Layer, attribute: str) -> Sizes | None:
    """The sizes that an attribute states; None where the rank is open."""
    text = layer.attributes[attribute]
    try:
        return parse_sizes(text)
    except ValueError:
        raise UnreadableModel(f"{layer.place}: attribute '{attribute}' is no shape") from None


def stored_type(layer: Layer) -> TensorType:
    """The type of a constant: each size is stated."""
    sizes = read_sizes(layer, "shape") if "shape" in layer.attributes else None
    if sizes is None:
        sizes = tuple((size, size) for size in _port_sizes(layer))
    if any(low != high for low, high in sizes):
        raise UnreadableModel(f"{layer.place}: a constant leaves a size open")
    word = layer.attributes.get("element_type", layer.outputs[0].precision if layer.outputs else "")
    try:
        return check_type(TensorType(find_type(word), tuple(low for low, _ in sizes)))
    except Contradiction as contradiction:
        raise UnreadableModel(f"{layer.place}: {contradiction}") from contradiction


def _port_sizes(layer: Layer) -> tuple[int, ...]:
    return layer.outputs[0].sizes if layer.outputs else ()


@dataclass(slots=True)
class Symbols:
    """Symbols for sizes that are open, with the largest and the least that each may be."""

    bounds: dict[str, int] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    _states: dict[Sizes, int] = field(default_factory=dict)

    def type_input(self, layer: Layer, name: str) -> TensorType:
        """The type of an input of the whole network."""
        if "shape" in layer.attributes:
            sizes = read_sizes(layer, "shape")
        else:
            sizes = tuple((max(n, 0), None if n < 0 else n) for n in _port_sizes(layer))
        word = layer.attributes.get("element_type", "")
        word = word or (layer.outputs[0].precision if layer.outputs else "")
        return self._make(layer, word, sizes, f"unk__{_SIGNS.sub('_', name)}")

    def type_state(self, layer: Layer) -> TensorType:
        """The type of a state; states of one form have the same sizes."""
        if "variable_shape" in layer.attributes:
            sizes = read_sizes(layer, "variable_shape")
        else:
            sizes = tuple((max(n, 0), None if n < 0 else n) for n in _port_sizes(layer))
        word = layer.attributes.get("variable_type", "")
        word = word or (layer.outputs[0].precision if layer.outputs else "")
        number = self._states.setdefault(sizes or (), len(self._states))
        return self._make(layer, word, sizes, f"state{number}")

    def _make(self, layer: Layer, word: str, sizes: Sizes | None, prefix: str) -> TensorType:
        if sizes is None:
            return TensorType(find_type(word), None)
        shape = tuple(
            self._name(f"{prefix}_{place}", low, high) for place, (low, high) in enumerate(sizes)
        )
        try:
            return check_type(TensorType(find_type(word), shape))
        except Contradiction as contradiction:
            raise UnreadableModel(f"{layer.place}: {contradiction}") from contradiction

    def _name(self, symbol: str, low: int, high: int | None) -> Dimension:
        if low == high:
            return low
        if high is not None and symbol not in self.bounds:
            self.bounds[symbol] = high
        if low > 1 and all(each.symbol != symbol for each in self.conditions):
            self.conditions.append(Condition(symbol, "at least", low))
        return symbol


Results = Mapping[str, TensorType]

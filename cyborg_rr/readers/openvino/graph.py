"""Writes a network, and the networks within it, as blocks of canonical operations.

What is stored belongs to the whole model, so that it counts once. States (``ReadValue`` and
``Assign``) are inputs and outputs that share their memory, as other IRs have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.naming import name_operation
from cyborg_rr.readers.kit.scope import Scope
from cyborg_rr.readers.kit.steps import Step, make_nodes
from cyborg_rr.readers.openvino.compressed import Compressed, Widening, find_compressed
from cyborg_rr.readers.openvino.document import Blob, Layer, Network
from cyborg_rr.readers.openvino.order import SINKS, list_sinks, order_layers
from cyborg_rr.readers.openvino.storage import Storage
from cyborg_rr.readers.openvino.translation.legacy import LEGACY_RULES
from cyborg_rr.readers.openvino.translation.native import NativeLayer
from cyborg_rr.readers.openvino.translation.operations import find_rule, find_version, name_domain
from cyborg_rr.readers.openvino.types import Symbols, stored_type, type_of

Output = tuple[int, int]


@dataclass(slots=True)
class Place:
    """A network that is written: the names of its outputs, and the values around it.

    ``given`` are values that stand for input ports without an edge.
    """

    network: Network
    scope: Scope
    compressed: Compressed
    prefix: str = ""
    names: dict[Output, str] = field(default_factory=dict)
    given: dict[Output, str] = field(default_factory=dict)


class Translation:
    """One model on its way to a block.

    ``makers`` write the layers that hold networks; ``scalars``: a port without sizes is that of a
    number.
    """

    def __init__(
        self, storage: Storage, makers: Mapping[str, Maker], *, is_legacy: bool, scalars: bool
    ) -> None:
        self._makers = makers
        self.storage = storage
        self.symbols = Symbols()
        self.opsets: dict[str, None] = {}
        self.root = Scope()
        self._is_legacy = is_legacy
        self._scalars = scalars
        self._entered = 0
        self._states: dict[str, str] = {}

    def write_main(self, network: Network) -> Block:
        """The whole model."""
        place = Place(network, self.root, find_compressed(network))
        inputs: dict[str, TensorType] = {}
        for layer in network.layers.values():
            if layer.kind in ("Parameter", "Input"):
                name = self.storage.names.claim(layer.name)
                self._name(place, layer, 0, name)
                inputs[name] = self.root.types[name] = self.symbols.type_input(layer, name)
        sinks = list_sinks(network)
        ordered = order_layers(network, sinks)
        inputs.update(self._hold_states(place, ordered))
        nodes = self.write(place, ordered)
        outputs = [name for sink in sinks for name in self._list_yield(place, sink)]
        aliased = self._alias(place, sinks, outputs)
        return Block(
            inputs, tuple(outputs), tuple(nodes), self.storage.stored, self.root.types, aliased
        )

    # ---- states

    def _hold_states(self, place: Place, ordered: list[Layer]) -> dict[str, TensorType]:
        held: dict[str, TensorType] = {}
        for layer in ordered:
            if layer.kind in ("ReadValue", "Memory") and layer.outputs:
                variable = layer.attributes.get("variable_id", layer.attributes.get("id", ""))
                if variable not in self._states:
                    name = self._states[variable] = self.storage.names.claim(variable or layer.name)
                    held[name] = self.root.types[name] = self.symbols.type_state(layer)
                self._name(place, layer, 0, self._states[variable])
        return held

    def _alias(self, place: Place, sinks: list[Layer], outputs: list[str]) -> dict[int, str]:
        """By the place of an output, the state that it is the next value of."""
        aliased: dict[int, str] = {}
        for sink in sinks:
            variable = sink.attributes.get("variable_id", sink.attributes.get("id", ""))
            state = self._states.get(variable)
            if sink.kind not in ("Assign", "Memory") or state is None or not sink.inputs:
                continue
            name = self.read(place, sink, sink.inputs[0])
            if name in outputs and name != state and state not in aliased.values():
                aliased.setdefault(len(outputs) - 1 - outputs[::-1].index(name), state)
        return aliased

    def _list_yield(self, place: Place, sink: Layer) -> list[str]:
        """The values that a sink lets out: what a result reads, or what a last layer yields."""
        if sink.kind in SINKS or not sink.outputs:
            return [self.read(place, sink, port) for port in sink.inputs[:1]]
        return [place.names[sink.number, port.number] for port in sink.outputs]

    # ---- networks within networks

    def enter(self, network: Network, scope: Scope) -> Place:
        """A network within another."""
        self._entered += 1
        prefix = f"body{self._entered}/"
        return Place(network, scope, find_compressed(network), prefix)

    def read(self, place: Place, layer: Layer, port: int) -> str:
        """The name of the value that an input port reads; empty where nothing leads there."""
        source = place.network.edges.get((layer.number, port))
        if source is None:
            return place.given.get((layer.number, port), "")
        name = place.names.get(source)
        if name is None:
            raise UnreadableModel(f"{layer.place} reads an output that layer {source[0]} lacks")
        return name

    def _name(self, place: Place, layer: Layer, index: int, name: str) -> None:
        """Let an output be called by a name that is there."""
        if index < len(layer.outputs):
            place.names[layer.number, layer.outputs[index].number] = name

    # ---- layers

    def write(self, place: Place, ordered: list[Layer]) -> list[Node]:
        """The nodes of layers in order; what they yield is defined in the scope."""
        nodes: list[Node] = []
        for layer in ordered:
            first = (layer.number, layer.outputs[0].number) if layer.outputs else None
            if layer.kind in SINKS or first in place.names:
                continue
            self.opsets.setdefault(layer.opset)
            if layer.kind == "Const":
                self._store(place, layer)
                continue
            if layer.number in place.compressed.skipped:
                self._name(place, layer, 0, "")
                continue
            inputs = tuple([self.read(place, layer, port) for port in layer.inputs])
            results = self.define(place, layer)
            maker = self._makers.get(layer.kind)
            if maker is not None and not name_domain(layer.opset):
                nodes.extend(maker(self, place, layer, inputs, tuple(results)))
            else:
                nodes.extend(self._translate(place, layer, inputs, results))
        return nodes

    def define(self, place: Place, layer: Layer) -> dict[str, TensorType]:
        """Names and types of what a layer yields."""
        results: dict[str, TensorType] = {}
        several = len(layer.outputs) > 1
        for index, port in enumerate(layer.outputs):
            name = place.prefix + (f"{layer.name}.{index}" if several else layer.name)
            name = self.storage.names.claim(name)
            if (layer.number, port.number) in place.names:
                raise UnreadableModel(f"{layer.place} has two outputs {port.number}")
            place.names[layer.number, port.number] = name
            results[name] = place.scope.types[name] = type_of(layer, port, self._scalars)
        return results

    def _store(self, place: Place, layer: Layer) -> None:
        known, attributes = stored_type(layer), layer.attributes
        blob = layer.blobs.get("custom")
        if blob is None:
            offset, size = attributes.get("offset", ""), attributes.get("size", "")
            if not (offset.isascii() and offset.isdigit() and size.isascii() and size.isdigit()):
                raise UnreadableModel(f"{layer.place} does not say where its weights are")
            if len(offset) > 19 or len(size) > 19:
                raise UnreadableModel(f"{layer.place}: its weights are beyond any file")
            blob = Blob(int(offset), int(size))
        word = attributes.get("element_type", "")
        name = self.storage.store(place.prefix + layer.name, blob, known, word, layer)
        self.root.types[name] = self.storage.stored[name].type
        self._name(place, layer, 0, name)

    def _translate(
        self,
        place: Place,
        layer: Layer,
        inputs: tuple[str, ...],
        results: Mapping[str, TensorType],
    ) -> list[Node]:
        """The canonical nodes that a layer becomes."""
        native_name = name_operation(name_domain(layer.opset), layer.kind)
        widening = place.compressed.widenings.get(layer.number)
        if widening is not None:
            step = self._widen(place, widening, results)
            return make_nodes([step], native_name, layer.name)
        node = NativeLayer(
            layer.kind,
            layer.name,
            inputs,
            tuple(results),
            layer.attributes,
            place.scope.find_type,
            self.storage.stored.get,
            lambda: layer.place,
            find_version(layer.opset),
            self._number,
            layer.blobs,
            lambda blob, known: self._weigh(layer, blob, known),
        )
        rules = LEGACY_RULES.get(layer.kind) if self._is_legacy else None
        rule = rules or find_rule(layer.kind, layer.opset)
        steps = rule(node)
        for step in steps:
            for name in step.outputs:
                if name and name not in results:
                    place.scope.types[name] = step.stated.get(name, TensorType(None, None))
        return make_nodes(steps, native_name, layer.name, native=node.call)

    def _widen(self, place: Place, found: Widening, results: Mapping[str, TensorType]) -> Step:
        """Compressed weights as they are read: narrow, with scales and perhaps what is taken."""
        names = [place.names[each] for each in (found.weights, found.scale)]
        if found.zero is not None:
            names.append(place.names[found.zero])
        kind = next(iter(results.values())).element_type
        attributes = {} if kind is None else {"element_type": kind}
        return Step("dequantize", tuple(names), tuple(results)[:1], attributes)

    def _number(self, values: tuple[int | float | bool, ...], element_type: str) -> str:
        name = self.storage.constant(values, element_type)
        self.root.types[name] = self.storage.stored[name].type
        return name

    def _weigh(self, layer: Layer, word: str, known: TensorType) -> str:
        """The name of weights that a layer refers to by a word."""
        blob = layer.blobs[word]
        name = self.storage.store(f"{layer.name}/{word}", blob, known, "", layer)
        self.root.types[name] = self.storage.stored[name].type
        return name


Maker = Callable[[Translation, Place, Layer, tuple[str, ...], tuple[str, ...]], list[Node]]
"""Writes a layer that holds networks: with the names of what it reads and of what it yields."""

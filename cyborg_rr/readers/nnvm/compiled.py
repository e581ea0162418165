"""From a compiled graph to a block: functions of which only names and operands are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import (
    LIBRARY,
    Block,
    MemoryPlan,
    Node,
    StoredTensor,
    Target,
    TensorType,
)
from cyborg_rr.domain.graph.naming import list_names, quote
from cyborg_rr.readers.formats.nnvm.document import Document, DocumentNode
from cyborg_rr.readers.kit.fused.calls import Call
from cyborg_rr.readers.nnvm.attributes import DEVICES, HOST, measure_storages, parse_stated
from cyborg_rr.readers.nnvm.functions import Functions
from cyborg_rr.readers.nnvm.naming import Names, count_results, find_weights, locate

COMPILED: Final = "tvm_op"
"""How a compiled graph calls every node that is no variable."""

_LAYOUTS: Final = ("data_layout", "kernel_layout")


class Compiled:
    """One compiled graph on its way to a block."""

    def __init__(self, document: Document, known: Mapping[str, TensorType]) -> None:
        self._document = document
        self._known = known
        self._stated = parse_stated(document.attributes, sum(count_results(document)))
        self._names = Names(document)
        self._weights = find_weights(document, known)
        self._places: list[int] = []
        self._types: dict[str, TensorType] = {}
        self._functions = Functions()

    @property
    def producer(self) -> str:
        """NNVM until 0.5, TVM's Relay from then on."""
        return "tvm" if self._functions.of_relay else "nnvm"

    @property
    def guessed(self) -> int:
        """Weights that nothing beside the graph names."""
        return 0 if self._known else len(self._weights)

    @property
    def unknown(self) -> Counter[str]:
        """Operations that no canonical one stands for, with how often each is called."""
        return self._functions.unknown

    def write(self) -> Block:
        """The whole graph."""
        inputs: dict[str, TensorType] = {}
        stored: dict[str, StoredTensor] = {}
        nodes: list[Node] = []
        first = 0
        for place, node in enumerate(self._document.nodes):
            names = self._names.of(place)
            self._places.append(first)
            for offset, name in enumerate(names):
                self._types[name] = self._stated.types[first + offset]
            first += len(names)
            if node.is_variable and not names:
                raise UnreadableModel(f"the variable {quote(node.name)} has no value")
            if not node.is_variable:
                nodes += self._call(place, node)
            elif place in self._weights:
                location = locate(self._known, node.name)
                stored[names[0]] = StoredTensor(self._types[names[0]], "parameter", location)
            else:
                inputs[names[0]] = self._types[names[0]]
        return Block(
            inputs, self._names.at(self._document.heads), tuple(nodes), stored, self._types
        )

    def _call(self, place: int, node: DocumentNode) -> list[Node]:
        if node.operation != COMPILED:
            raise UnreadableModel(
                f"node {place} ({quote(node.name)}) is {quote(node.operation)} in a graph whose "
                f"other nodes are {COMPILED}"
            )
        inputs, outputs = self._names.at(node.inputs), self._names.of(place)
        weights = tuple([entry.node in self._weights for entry in node.inputs])
        data, kernel = [node.attributes.get(each, "") for each in _LAYOUTS]
        call = Call(
            node.attributes.get("func_name", ""),
            tuple([self._types[name] for name in inputs]),
            tuple([self._types[name] for name in outputs]),
            weights,
            data,
            kernel,
        )
        return self._functions.write(call, inputs, outputs, outputs[0] if outputs else node.name)

    # ---- what the compiler planned

    def find_plan(self) -> MemoryPlan | None:
        """Bytes of all storages but those of variables; outputs in them count as outputs."""
        sizes, storages = measure_storages(self._stated), self._stated.storages
        if sizes is None or storages is None:
            return None
        given = {
            storages[self._places[place] + offset]
            for place, node in enumerate(self._document.nodes)
            if node.is_variable
            for offset in range(len(self._names.of(place)))
        }
        temporary = sum(size for storage, size in sizes.items() if storage not in given)
        heads = {self._places[head.node] + head.index for head in self._document.heads}
        own = [self._stated.types[head] for head in heads if storages[head] not in given]
        return MemoryPlan(
            max(temporary - sum(each.byte_size or 0 for each in own), 0), "storage_id"
        )

    def find_targets(self) -> tuple[Target, ...]:
        """The library of its functions, and the kinds of device that it is laid out for."""
        kinds = dict.fromkeys(self._stated.devices or ())
        named = [DEVICES[kind] for kind in kinds if kind in DEVICES and kind != HOST]
        backends = (Target("backend", name) for name in named)
        return (Target(LIBRARY, "a .so or .tar of TVM"), *backends)

    def list_warnings(self) -> list[str]:
        """What is no more than an estimate, and what is not alike on all devices."""
        return [*self._functions.list_warnings(), *self._tell_of_devices()]

    def _tell_of_devices(self) -> list[str]:
        counts: Counter[int] = Counter()
        for place, node in enumerate(self._document.nodes):
            if self._stated.devices is not None and not node.is_variable and self._names.of(place):
                counts[self._stated.devices[self._places[place]]] += 1
        if len(counts) < 2:
            return []
        shares = [
            f"{count} on {DEVICES.get(kind, f'device type {kind}')}"
            for kind, count in counts.most_common()
        ]
        return [
            f"the functions are divided among devices ({list_names(shares)}); figures hold for all "
            "of them together"
        ]

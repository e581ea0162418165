"""Turns the records of an ONNX graph into a block: canonical operations in an order that runs.

Constants become stored tensors, each value is defined once, and all that a node reads exists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, NativeCall, Node, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.dialects.onnx.constants import find_constant, mark_weights, restate_kind
from cyborg_rr.readers.dialects.onnx.order import check_definitions, order_nodes
from cyborg_rr.readers.dialects.onnx.schema import OnnxGraph, OnnxNode
from cyborg_rr.readers.dialects.onnx.scope import Scope
from cyborg_rr.readers.dialects.onnx.sharing import find_shared_outputs
from cyborg_rr.readers.dialects.onnx.translation.contrib import CONTRIB, UNREAD
from cyborg_rr.readers.dialects.onnx.translation.contrib_layouts import BLOCKED, CHANNELS_LAST
from cyborg_rr.readers.dialects.onnx.translation.native import NativeOnnxNode, Rule
from cyborg_rr.readers.dialects.onnx.translation.operations import OPERATIONS
from cyborg_rr.readers.dialects.onnx.translation.seldom import flexible, sequences
from cyborg_rr.readers.dialects.onnx.translation.seldom.learning import LEARNING
from cyborg_rr.readers.dialects.onnx.translation.seldom.training import TRAINING
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step, make_nodes

_RULES: Mapping[str, Mapping[str, Rule]] = {
    "": OPERATIONS,
    "ai.onnx.ml": LEARNING,
    "ai.onnx.preview": {"FlexAttention": flexible.attention},
    "ai.onnx.preview.training": TRAINING,
    "com.microsoft": CONTRIB,
    "com.microsoft.nchwc": BLOCKED,
    "com.ms.internal.nhwc": CHANNELS_LAST,
}


class Translation:
    """One model on its way to a block, with what a user should be told about it."""

    def __init__(self, ir_version: int) -> None:
        self.ir_version = ir_version
        self.external: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.sparse: list[str] = []
        self.undeclared: set[str] = set()
        self.unread: set[str] = set()
        self.versions: dict[str, int] = {}
        self.unordered = 0
        self._bodies: dict[int, Block] = {}

    def block(self, graph: OnnxGraph, outer: Scope | None = None) -> Block:
        """Translate a graph and the graphs within it.

        Raises ``UnreadableModel`` for values that are defined twice, never, or in a circle.
        """
        scope = Scope(outer, graph)
        check_definitions(graph)
        self.sparse.extend(graph.sparse)
        for name, tensor in graph.stored.items():
            self._note_stored(tensor)
            scope.stored[name] = restate_kind(tensor)
        nodes: list[Node] = []
        ordered = order_nodes(graph, scope)
        self.unordered += ordered is not graph.nodes
        for node in ordered:
            stored = find_constant(node, scope)
            if stored is not None:
                scope.stored[node.outputs[0]] = stored
                self._note_stored(stored)
            else:
                nodes.extend(self._translate(node, scope))
        for name in graph.outputs:
            if not scope.defines(name):
                raise UnreadableModel(f"graph output {quote(name)} is never defined")
        mark_weights(nodes, scope)
        if scope.lists:
            nodes = sequences.drop_unread(nodes, graph.outputs)
        inputs = {name: known for name, known in graph.inputs.items() if name not in graph.stored}
        return Block(
            inputs=inputs,
            outputs=tuple(graph.outputs),
            nodes=tuple(nodes),
            stored=scope.stored,
            types={
                name: known
                for name, known in scope.types.items()
                if name in scope.names
                and name not in scope.stored
                and name not in graph.inputs
                and (known.element_type is not None or known.shape is not None)
            },
            aliased_outputs=(
                find_shared_outputs(inputs, graph.outputs, nodes) if outer is None else {}
            ),
        )

    def _note_stored(self, tensor: StoredTensor) -> None:
        if tensor.location != "inline":
            place = self.external if tensor.location == "external" else self.missing
            place["tensors"] += 1
            place["bytes"] += tensor.type.byte_size or 0

    def _translate(self, node: OnnxNode, scope: Scope) -> list[Node]:
        """The canonical nodes that a node of the file becomes."""
        if node.body is not None:
            return self._call(node, node.body)
        if node.domain == "" and node.operation == "SequenceMap":
            mapped = self._map(node, scope)
            if mapped is not None:
                return mapped
        rule = _RULES.get(node.domain, {}).get(node.operation, unknown)
        if node.domain == "com.microsoft" and node.operation in UNREAD:
            self.unread.add(node.operation)
        steps = rule(
            NativeOnnxNode(
                node.operation,
                node.name,
                node.inputs,
                node.outputs,
                node.attributes,
                scope.type_of,
                scope.stored_of,
                self._version(node),
                node,
                scope,
            )
        )
        blocks = tuple(self.block(graph, scope) for graph in _graphs(node))
        for step in steps:
            scope.names.update(step.outputs)
        call = _note_call(node, steps, scope)
        for step in steps:
            for name, known in step.stated.items():
                if name and _says_less(scope.types.get(name), known):
                    scope.types[name] = known
            for name, known in step.restated.items():
                scope.restate(name, known)
        if any(step.operation == "call" for step in steps):
            return _hand_out(steps, node, dict(zip(node.graphs, blocks, strict=True)))
        return make_nodes(steps, node.native_name, node.name, blocks, call)

    def _map(self, node: OnnxNode, scope: Scope) -> list[Node] | None:
        """A SequenceMap over known elements: its body is called for each of them."""
        graph = node.graphs.get("body")
        if graph is None:
            raise UnreadableModel(f"{node.place} lacks its body")
        if not sequences.is_closed(graph):
            return None
        steps = sequences.map_elements(node, len(graph.inputs), len(graph.outputs), scope)
        if steps is None:
            return None
        body = self.block(graph)
        nodes = make_nodes(steps, node.native_name, node.name, native=_note_call(node, (), scope))
        return [replace(n, blocks=(body,)) if n.operation == "call" else n for n in nodes]

    def _call(self, node: OnnxNode, body: OnnxGraph) -> list[Node]:
        """A call of a function, whose block is the same for all calls that are alike."""
        block = self._bodies.get(id(body))
        if block is None:
            block = self._bodies[id(body)] = self.block(body)
        step = Step("call", node.inputs, node.outputs, {})
        return make_nodes([step], node.native_name, node.name, (block,))

    def _version(self, node: OnnxNode) -> int:
        """The version of the node's operator set, noted as one that the model needs."""
        version = node.opsets.get(node.domain)
        if version is not None:
            self.versions[node.domain] = max(version, self.versions.get(node.domain, version))
            return version
        if node.domain:
            self.undeclared.add(node.domain)
            return 1
        if self.ir_version < 3:  # operator sets came with IR version 3
            return 1
        raise UnreadableModel(f"{node.place}: the file imports no ai.onnx operator set")

    def warnings(self) -> list[str]:
        """What a user should know, one sentence each."""
        told: list[str] = []
        if self.external:
            told.append(
                f"{self.external['tensors']} weights ({self.external['bytes']} bytes) are stored"
                " outside this file and were not read"
            )
        if self.missing:
            told.append(
                f"{self.missing['tensors']} weights ({self.missing['bytes']} bytes) have no data"
                " in this file"
            )
        if self.sparse:
            told.append(
                f"{len(self.sparse)} sparse weights are counted as dense, first '{self.sparse[0]}'"
            )
        told.extend(
            f"com.microsoft:{name} is not reckoned: {UNREAD[name]}" for name in sorted(self.unread)
        )
        if self.undeclared:
            told.append(
                f"operator sets used but not imported: {', '.join(sorted(self.undeclared))}"
            )
        if self.unordered:
            told.append("nodes were not in an order that runs and have been sorted")
        return told


def _note_call(node: OnnxNode, steps: Sequence[Step], scope: Scope) -> NativeCall:
    """The node as the file has it, whose stored operands the steps may give another type."""
    found = {name: scope.type_of(name) for step in steps for name in step.restated}
    stated = {name: known for name, known in found.items() if known is not None}
    return NativeCall(node.inputs, node.outputs, node.attributes, stated or None)


def _says_less(said: TensorType | None, known: TensorType) -> bool:
    """Whether the file says nothing of a value that its node does not say too."""
    if said is None:
        return True
    return said.shape is None and said.element_type in (None, known.element_type)


def _hand_out(steps: list[Step], node: OnnxNode, blocks: Mapping[str, Block]) -> list[Node]:
    """The steps of a node that calls its graphs on the way."""
    order = iter([blocks[name] for name in flexible.MODIFIERS if name in blocks])
    call = NativeCall(node.inputs, node.outputs, node.attributes)
    nodes = make_nodes(steps, node.native_name, node.name, native=call)
    return [replace(n, blocks=(next(order),)) if n.operation == "call" else n for n in nodes]


def _graphs(node: OnnxNode) -> list[OnnxGraph]:
    """The graphs of a node; of an If the one for true first."""
    if node.domain == "" and node.operation == "If":
        named = [node.graphs.get(name) for name in ("then_branch", "else_branch")]
        present = [graph for graph in named if graph is not None]
        if len(present) != 2:
            raise UnreadableModel(f"{node.place} lacks a branch")
        return present
    if node.domain == "" and node.operation in ("Loop", "Scan") and "body" not in node.graphs:
        raise UnreadableModel(f"{node.place} lacks its body")
    return list(node.graphs.values())

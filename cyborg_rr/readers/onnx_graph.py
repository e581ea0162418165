"""Turns the records of an ONNX graph into a block: canonical operations in an order that runs.

Constants become stored tensors, each value is defined once, and all that a node reads exists.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, Node, StoredTensor, TensorType
from cyborg_rr.readers import onnx_rules
from cyborg_rr.readers.onnx_call import Call, Rule
from cyborg_rr.readers.onnx_contrib import CONTRIB
from cyborg_rr.readers.onnx_operations import OPERATIONS
from cyborg_rr.readers.onnx_schema import LongList, OnnxGraph, OnnxNode
from cyborg_rr.readers.onnx_tensors import check_size

_RULES: Mapping[str, Mapping[str, Rule]] = {"": OPERATIONS, "com.microsoft": CONTRIB}

_WEIGHT_INPUTS = {
    "convolution": (1, 2), "convolution_transpose": (1, 2), "gemm": (1, 2), "matmul": (0, 1),
    "batch_normalization": (1, 2, 3, 4), "layer_normalization": (1, 2), "gather": (0,),
    "rms_normalization": (1,), "rnn": (1, 2, 3), "lstm": (1, 2, 3), "gru": (1, 2, 3),
}  # fmt: skip
"""Where a constant tensor is a weight, in models that keep weights in Constant nodes."""


class Scope:
    """What is known of values by name, from the outermost graph inwards."""

    __slots__ = ("names", "outer", "stored", "types")

    def __init__(self, outer: Scope | None, graph: OnnxGraph) -> None:
        self.outer = outer
        self.stored: dict[str, StoredTensor] = dict(graph.stored)
        self.types = {**graph.types, **graph.inputs}
        self.names = set(graph.inputs) | set(graph.stored)
        for node in graph.nodes:
            self.names.update(node.outputs)

    def stored_of(self, name: str) -> StoredTensor | None:
        """The stored tensor of that name; a nearer value of the same name hides it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.stored:
                return scope.stored[name]
            if name in scope.names:
                return None
            scope = scope.outer
        return None

    def type_of(self, name: str) -> TensorType | None:
        """The type that the file states for a value."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.stored:
                return scope.stored[name].type
            if name in scope.types:
                return scope.types[name]
            if name in scope.names:
                return None
            scope = scope.outer
        return None

    def restate(self, name: str, known: TensorType) -> None:
        """Give a stored tensor another type of the same bytes; packed values mean nothing then."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.stored:
                scope.stored[name] = replace(scope.stored[name], type=known, values=None)
                return
            scope = scope.outer

    def defines(self, name: str) -> bool:
        """Whether this graph or one around it has a value of that name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return True
            scope = scope.outer
        return False


class Translation:
    """One model on its way to a block, with what a user should be told about it."""

    def __init__(self, ir_version: int) -> None:
        self.ir_version = ir_version
        self.external: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.sparse: list[str] = []
        self.undeclared: set[str] = set()
        self.versions: dict[str, int] = {}
        self.unordered = 0

    def block(self, graph: OnnxGraph, outer: Scope | None = None) -> Block:
        """Translate a graph and the graphs within it.

        Raises ``UnreadableModel`` for values that are defined twice, never, or in a circle.
        """
        scope = Scope(outer, graph)
        _check_definitions(graph)
        self._note_stored(graph)
        nodes: list[Node] = []
        for node in self._ordered(graph, scope):
            stored = _constant(node, scope)
            if stored is not None:
                scope.stored[node.outputs[0]] = stored
            else:
                nodes.extend(self._translated(node, scope))
        for name in graph.outputs:
            if not scope.defines(name):
                raise UnreadableModel(f"graph output '{name}' is never defined")
        _mark_weights(nodes, scope)
        return Block(
            inputs={
                name: known for name, known in graph.inputs.items() if name not in graph.stored
            },
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
        )

    def _note_stored(self, graph: OnnxGraph) -> None:
        self.sparse.extend(graph.sparse)
        for tensor in graph.stored.values():
            if tensor.location != "inline":
                place = self.external if tensor.location == "external" else self.missing
                place["tensors"] += 1
                place["bytes"] += tensor.type.byte_size or 0

    def _translated(self, node: OnnxNode, scope: Scope) -> Iterable[Node]:
        """The canonical steps of a node; only the last counts under the node's own name."""
        rule = _RULES.get(node.domain, {}).get(node.operation, onnx_rules.unknown)
        call = Call(node, self._version(node), scope.type_of, scope.stored_of)
        steps = rule(call)
        blocks = tuple(self.block(graph, scope) for graph in _graphs(node))
        for step in steps[:-1]:
            scope.names.update(step.outputs)
        for index, step in enumerate(steps):
            for name, known in step.stated.items():
                if name and name not in scope.types:
                    scope.types[name] = known
            for name, known in step.restated.items():
                scope.restate(name, known)
            last = index == len(steps) - 1
            yield Node(
                step.operation,
                node.native_name if last else f"{node.native_name}/{step.operation}",
                step.inputs,
                step.outputs,
                step.attributes,
                blocks if last else (),
                node.name,
            )

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

    def _ordered(self, graph: OnnxGraph, scope: Scope) -> list[OnnxNode]:
        """The nodes so that each comes after what it reads, in file order where that holds."""
        made_here = {name for node in graph.nodes for name in node.outputs if name}
        ready: set[str] = set()
        reads = [_reads(node) for node in graph.nodes]
        in_order = True
        for node, names in zip(graph.nodes, reads, strict=True):
            for name in names:
                if name in ready:
                    continue
                if name in made_here:
                    in_order = False
                elif not scope.defines(name):
                    raise UnreadableModel(f"{node.place} reads '{name}', which nothing defines")
            ready.update(node.outputs)
        if in_order:
            return graph.nodes
        self.unordered += 1
        return _sorted(graph.nodes, reads, made_here)

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
        if self.undeclared:
            told.append(
                f"operator sets used but not imported: {', '.join(sorted(self.undeclared))}"
            )
        if self.unordered:
            told.append("nodes were not in an order that runs and have been sorted")
        return told


def _check_definitions(graph: OnnxGraph) -> None:
    """Each value has one definition in a graph (an initializer may be listed as an input too)."""
    defined = set(graph.inputs) | set(graph.stored)
    for node in graph.nodes:
        for name in node.outputs:
            if not name:
                continue
            if name in defined:
                raise UnreadableModel(f"{node.place} defines '{name}' a second time")
            defined.add(name)


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


def _reads(node: OnnxNode) -> set[str]:
    """Names that a node needs: its inputs, and what the graphs within take from around them."""
    names = {name for name in node.inputs if name}
    for graph in node.graphs.values():
        own = set(graph.inputs) | set(graph.stored)
        for inner in graph.nodes:
            own.update(inner.outputs)
        for inner in graph.nodes:
            names |= _reads(inner) - own
        names |= set(graph.outputs) - own
    return names


def _sorted(nodes: list[OnnxNode], reads: list[set[str]], made_here: set[str]) -> list[OnnxNode]:
    """Kahn's algorithm, the earliest node in the file first."""
    maker = {name: index for index, node in enumerate(nodes) for name in node.outputs if name}
    needs = [{maker[name] for name in names if name in made_here} for names in reads]
    waiting: list[list[int]] = [[] for _ in nodes]
    for index, needed in enumerate(needs):
        for other in needed:
            waiting[other].append(index)
    missing = [len(needed) for needed in needs]
    ready = [index for index, count in enumerate(missing) if not count]
    order: list[OnnxNode] = []
    while ready:
        index = heapq.heappop(ready)
        order.append(nodes[index])
        for other in waiting[index]:
            missing[other] -= 1
            if not missing[other]:
                heapq.heappush(ready, other)
    if len(order) != len(nodes):
        stuck = next(index for index, count in enumerate(missing) if count)
        raise UnreadableModel(f"{nodes[stuck].place} depends on its own result")
    return order


def _constant(node: OnnxNode, scope: Scope) -> StoredTensor | None:
    """The tensor that a Constant node holds, or a ConstantOfShape whose shape is stored."""
    if node.domain or node.operation not in ("Constant", "ConstantOfShape"):
        return None
    if len(node.outputs) != 1 or not node.outputs[0]:
        raise UnreadableModel(f"{node.place} must have one output")
    if node.operation == "Constant":
        return _constant_value(node)
    shape = scope.stored_of(node.inputs[0]) if node.inputs else None
    if shape is None or shape.values is None or shape.splat:
        return None
    element_type, value = onnx_rules.fill_value(node)
    known = TensorType(element_type, tuple(int(size) for size in shape.values))
    check_size(known, node.place)
    return StoredTensor(known, "constant", "inline", (value,), splat=True)


def _constant_value(node: OnnxNode) -> StoredTensor:
    for name in ("value", "sparse_value"):
        value = node.attributes.get(name)
        if isinstance(value, StoredTensor):
            return value if value.kind == "constant" else replace(value, kind="constant")
    for name, element_type in (
        ("value_float", "f32"),
        ("value_int", "i64"),
        ("value_string", "str"),
        ("value_floats", "f32"),
        ("value_ints", "i64"),
        ("value_strings", "str"),
    ):
        value = node.attributes.get(name)
        if value is None:
            continue
        if isinstance(value, LongList):
            return StoredTensor(TensorType(element_type, (value.count,)), "constant")
        if isinstance(value, tuple):
            numbers = tuple(item for item in value if isinstance(item, int | float))
            kept = numbers if element_type != "str" and len(numbers) <= 4096 else None
            return StoredTensor(TensorType(element_type, (len(value),)), "constant", values=kept)
        if isinstance(value, int | float):
            return StoredTensor(TensorType(element_type, ()), "constant", values=(value,))
        if isinstance(value, str):
            return StoredTensor(TensorType(element_type, ()), "constant")
    raise UnreadableModel(f"{node.place} has no value")


def _mark_weights(nodes: Iterable[Node], scope: Scope) -> None:
    """Call constants that stand where weights stand parameters: some exporters keep them so."""
    for node in nodes:
        for index in _WEIGHT_INPUTS.get(node.operation, ()):
            name = node.inputs[index] if index < len(node.inputs) else ""
            tensor = scope.stored.get(name)
            if tensor is not None and tensor.kind == "constant" and (tensor.type.elements or 0) > 1:
                scope.stored[name] = replace(tensor, kind="parameter")

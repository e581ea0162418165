"""Puts the bodies of a model's own functions where they are called.

The size of the result is reckoned before anything is copied, so a few functions that call one
another many times cannot fill the memory; a function that calls itself is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import StoredTensor
from cyborg_rr.readers.onnx.schema import (
    AttributeValue,
    OnnxFunction,
    OnnxGraph,
    OnnxModel,
    OnnxNode,
    Reference,
)

MAX_CALL_DEPTH = 16
MAX_INLINED_NODES = 1_000_000

FunctionKey = tuple[str, str, str]


def inline_functions(model: OnnxModel, graph: OnnxGraph) -> OnnxGraph:
    """The main graph without calls of the model's functions.

    Raises ``UnreadableModel`` for recursion, calls over 16 deep and over a million nodes.
    """
    if not model.functions:
        return graph
    sizes: dict[FunctionKey, tuple[int, int]] = {}
    total, _ = _size(graph.nodes, model.functions, sizes, ())
    if total > MAX_INLINED_NODES:
        raise UnreadableModel(
            f"functions written out make {total} nodes; {MAX_INLINED_NODES} are allowed"
        )
    return _Inliner(model.functions).graph(graph, _OUTERMOST)


def _size(
    nodes: Iterable[OnnxNode],
    functions: Mapping[FunctionKey, OnnxFunction],
    sizes: dict[FunctionKey, tuple[int, int]],
    calls: tuple[FunctionKey, ...],
) -> tuple[int, int]:
    """Number of nodes once calls are written out, and how deep calls go below here."""
    total = depth = 0
    for node in nodes:
        total += 1
        for graph in node.graphs.values():
            inner_total, inner_depth = _size(graph.nodes, functions, sizes, calls)
            total, depth = total + inner_total, max(depth, inner_depth)
        key = (node.domain, node.operation, node.overload)
        function = functions.get(key)
        if function is None:
            continue
        if key in calls:
            raise UnreadableModel(f"function {node.native_name} calls itself, in {node.place}")
        if key not in sizes:
            if len(calls) >= MAX_CALL_DEPTH:
                raise UnreadableModel(f"calls nest over {MAX_CALL_DEPTH} deep at {node.place}")
            sizes[key] = _size(function.nodes, functions, sizes, (*calls, key))
        inner_total, inner_depth = sizes[key]
        total, depth = total + inner_total, max(depth, inner_depth + 1)
        if len(calls) + depth > MAX_CALL_DEPTH:
            raise UnreadableModel(f"calls nest over {MAX_CALL_DEPTH} deep at {node.place}")
    return total, depth


@dataclass(frozen=True, slots=True)
class _Frame:
    """One call: what the names and attributes of the function's body stand for outside."""

    prefix: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    graphs: Mapping[str, OnnxGraph] = field(default_factory=dict)

    def name(self, name: str) -> str:
        """The outer name of a value of the body."""
        if not name or not self.prefix:
            return name
        return self.names.get(name, self.prefix + name)

    def tensors(self, stored: Mapping[str, StoredTensor]) -> dict[str, StoredTensor]:
        """Stored tensors of a graph in the body under their outer names."""
        return {self.name(name): tensor for name, tensor in stored.items()}


_OUTERMOST = _Frame()


class _Inliner:
    """Copies graphs, counting calls so that each gets names of its own."""

    def __init__(self, functions: Mapping[FunctionKey, OnnxFunction]) -> None:
        self._functions = functions
        self._calls = 0
        self._handed = 0

    def graph(self, graph: OnnxGraph, frame: _Frame) -> OnnxGraph:
        """A copy of a graph with its calls written out."""
        return OnnxGraph(
            name=graph.name,
            nodes=self._nodes(graph.nodes, frame),
            stored=frame.tensors(graph.stored),
            inputs={frame.name(name): known for name, known in graph.inputs.items()},
            outputs=[frame.name(name) for name in graph.outputs],
            types={frame.name(name): known for name, known in graph.types.items()},
            sparse=[frame.name(name) for name in graph.sparse],
        )

    def _nodes(self, nodes: Iterable[OnnxNode], frame: _Frame) -> list[OnnxNode]:
        expanded: list[OnnxNode] = []
        for node in nodes:
            copy = self._node(node, frame)
            function = self._functions.get((node.domain, node.operation, node.overload))
            if function is None:
                expanded.append(copy)
            else:
                expanded.extend(self._call(copy, function))
        return expanded

    def _node(self, node: OnnxNode, frame: _Frame) -> OnnxNode:
        """A node of a body as it reads outside, with references to attributes resolved."""
        attributes: dict[str, AttributeValue] = {}
        graphs = {name: self.graph(inner, frame) for name, inner in node.graphs.items()}
        for name, value in node.attributes.items():
            if not isinstance(value, Reference):
                attributes[name] = value
            elif value.name in frame.graphs:
                graphs[name] = self._hand_in(frame.graphs[value.name])
            elif value.name in frame.attributes:
                attributes[name] = frame.attributes[value.name]
        return replace(
            node,
            name=frame.prefix + node.name if node.name else "",
            inputs=tuple(frame.name(name) for name in node.inputs),
            outputs=tuple(frame.name(name) for name in node.outputs),
            attributes=attributes,
            graphs=graphs,
        )

    def _hand_in(self, graph: OnnxGraph) -> OnnxGraph:
        """A graph that a call hands to the body; it may stand there many times, so count it."""
        pending = [graph]
        while pending:
            for node in pending.pop().nodes:
                self._handed += 1
                pending.extend(node.graphs.values())
            if self._handed > MAX_INLINED_NODES:
                raise UnreadableModel(
                    f"graphs handed to functions make over {MAX_INLINED_NODES} nodes"
                )
        return graph

    def _call(self, call: OnnxNode, function: OnnxFunction) -> list[OnnxNode]:
        """The function's nodes, in terms of the caller's values."""
        for what, given, declared in (
            ("inputs", call.inputs, function.inputs),
            ("outputs", call.outputs, function.outputs),
        ):
            if len(given) > len(declared):
                raise UnreadableModel(
                    f"{call.place} has {len(given)} {what}, its function has {len(declared)}"
                )
        self._calls += 1
        names = dict.fromkeys(function.inputs, "")
        names.update(zip(function.inputs, call.inputs, strict=False))
        copies: list[tuple[str, str]] = []
        for name, outer in zip(function.outputs, call.outputs, strict=False):
            if not outer:
                continue
            if name in names:  # an input handed through, or one value returned twice
                copies.append((names[name], outer))
            else:
                names[name] = outer
        frame = _Frame(
            prefix=f"{call.name or function.name}#{self._calls}/",
            names=names,
            attributes={**function.defaults, **call.attributes},
            graphs=call.graphs,
        )
        expanded = self._nodes(function.nodes, frame)
        expanded.extend(
            OnnxNode(
                call.opsets,
                call.offset,
                operation="Identity",
                name=frame.prefix + "output",
                inputs=(inner,),
                outputs=(outer,),
            )
            for inner, outer in copies
        )
        return expanded

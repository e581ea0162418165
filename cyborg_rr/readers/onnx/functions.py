"""Puts the bodies of a model's own functions where they are called, while that stays in proportion.

What the result would be is reckoned before anything is copied: where it would be many times the
file, only small functions are written out and the others become bodies that calls share.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import StoredTensor, TensorType
from cyborg_rr.readers.dialects.onnx.schema import (
    AttributeValue,
    OnnxFunction,
    OnnxGraph,
    OnnxModel,
    OnnxNode,
    Reference,
)
from cyborg_rr.readers.kit.calling import CallSizes

MAX_CALL_DEPTH = 16

FunctionKey = tuple[str, str, str]

_ENTRY: FunctionKey = ("", "", "")
"""Stands for the main graph: no function has an empty name."""


def inline_functions(model: OnnxModel, graph: OnnxGraph) -> tuple[OnnxGraph, int]:
    """The main graph without calls of the model's functions, but for those that share a body.

    And in how many places of the file functions are called.

    Raises ``UnreadableModel`` for recursion, for calls over 16 deep, and for bodies that depend on
    what they are called with in so many ways that they are out of proportion to the file.
    """
    if not model.functions:
        return graph, 0
    sizes: CallSizes[FunctionKey] = CallSizes()
    _measure(_ENTRY, graph.nodes, model.functions, sizes, ())
    called = frozenset(sizes.list_called(_ENTRY))
    written = _Inliner(model.functions, called, sizes.allowed).graph(graph, _OUTERMOST)
    return written, sizes.calls


def _measure(
    key: FunctionKey,
    nodes: Iterable[OnnxNode],
    functions: Mapping[FunctionKey, OnnxFunction],
    sizes: CallSizes[FunctionKey],
    calls: tuple[FunctionKey, ...],
) -> None:
    """Note the size of a function after those of the functions that it calls."""
    own = 0
    called: list[FunctionKey] = []
    for node in _list_nodes(nodes):
        own += 1
        callee = (node.domain, node.operation, node.overload)
        function = functions.get(callee)
        if function is None:
            continue
        if callee in calls:
            raise UnreadableModel(f"function {node.native_name} calls itself, in {node.place}")
        if callee not in sizes:
            if len(calls) >= MAX_CALL_DEPTH:
                raise UnreadableModel(f"calls nest over {MAX_CALL_DEPTH} deep at {node.place}")
            _measure(callee, function.nodes, functions, sizes, (*calls, callee))
        called.append(callee)
    if sizes.add(key, own, called) > MAX_CALL_DEPTH + 1:
        raise UnreadableModel(f"calls nest over {MAX_CALL_DEPTH} deep in function {key[1]}")


def _list_nodes(nodes: Iterable[OnnxNode]) -> Iterator[OnnxNode]:
    """Nodes and those of the graphs within them."""
    for node in nodes:
        yield node
        for graph in node.graphs.values():
            yield from _list_nodes(graph.nodes)


@dataclass(frozen=True, slots=True)
class _Frame:
    """One call: what the names and attributes of the function's body stand for outside."""

    prefix: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    graphs: Mapping[str, OnnxGraph] = field(default_factory=dict)

    def name(self, name: str) -> str:
        """The outer name of a value of the body."""
        if not name:
            return name
        return self.names.get(name, self.prefix + name)

    def tensors(self, stored: Mapping[str, StoredTensor]) -> dict[str, StoredTensor]:
        """Stored tensors of a graph in the body under their outer names."""
        return {self.name(name): tensor for name, tensor in stored.items()}


_OUTERMOST = _Frame()


class _Inliner:
    """Copies graphs, counting calls so that each gets names of its own.

    ``called`` are functions that stay; ``allowed`` is how many nodes all copies may have.
    """

    def __init__(
        self,
        functions: Mapping[FunctionKey, OnnxFunction],
        called: frozenset[FunctionKey],
        allowed: int,
    ) -> None:
        self._functions = functions
        self._called = called
        self._allowed = allowed
        self._calls = 0
        self._written = 0
        self._bodies: dict[object, OnnxGraph] = {}

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
            self._count(1)
            copy = self._node(node, frame)
            key = (node.domain, node.operation, node.overload)
            function = self._functions.get(key)
            if function is None:
                expanded.append(copy)
                continue
            _check_call(copy, function)
            self._calls += 1
            if key in self._called and not copy.graphs:
                expanded.append(self._share(copy, function))
            else:
                expanded.extend(self._call(copy, function))
        return expanded

    def _count(self, nodes: int) -> None:
        self._written += nodes
        if self._written > 2 * self._allowed:
            raise UnreadableModel(
                f"functions written out make over {2 * self._allowed} nodes, out of proportion to "
                "the file"
            )

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
            nodes = pending.pop().nodes
            self._count(len(nodes))
            for node in nodes:
                pending.extend(node.graphs.values())
        return graph

    def _share(self, call: OnnxNode, function: OnnxFunction) -> OnnxNode:
        """A call of a body that all calls share which give the same attributes and operands."""
        given = dict(zip(function.inputs, call.inputs, strict=False))
        absent = tuple(name for name in function.inputs if not given.get(name))
        attributes = {**function.defaults, **call.attributes}
        key = (function.key, absent, frozenset((n, *_tell(v)) for n, v in attributes.items()))
        body = self._bodies.get(key)
        if body is None:
            frame = _Frame("", dict.fromkeys(absent, ""), attributes)
            body = self._bodies[key] = OnnxGraph(
                name=function.name,
                nodes=self._nodes(function.nodes, frame),
                inputs={
                    name: TensorType(None, None) for name in function.inputs if name not in absent
                },
                outputs=[frame.name(name) for name in function.outputs],
            )
        inputs = tuple(given[name] for name in body.inputs)
        return replace(call, inputs=inputs, attributes={}, body=body)

    def _call(self, call: OnnxNode, function: OnnxFunction) -> list[OnnxNode]:
        """The function's nodes, in terms of the caller's values."""
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


def _check_call(call: OnnxNode, function: OnnxFunction) -> None:
    for what, given, declared in (
        ("inputs", call.inputs, function.inputs),
        ("outputs", call.outputs, function.outputs),
    ):
        if len(given) > len(declared):
            raise UnreadableModel(
                f"{call.place} has {len(given)} {what}, its function has {len(declared)}"
            )


def _tell(value: AttributeValue) -> tuple[object, ...]:
    """What tells attributes apart, 1 and 1.0 too."""
    first = value[0] if isinstance(value, tuple) and value else None
    return type(value), type(first), value

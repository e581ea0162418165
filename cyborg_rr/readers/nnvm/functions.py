"""Writes calls of compiled functions as operations: work by their names and their operands' shapes.

A function of several operations is a block that runs as one kernel, so that nothing within it is
stored. What a name does not tell (which operand belongs to which operation, strides, the windows of
a pooling) is taken so that the shapes agree: multiply-adds are exact where the kernel has the
elements that they need, and what was estimated is said.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cyborg_rr.domain.graph.graph import Block, Node
from cyborg_rr.readers.kit.fused.calls import Call
from cyborg_rr.readers.kit.fused.kernels import Kernel
from cyborg_rr.readers.kit.fused.names import Function, parse_function

_IDLE = {"__nop": "identity", "__copy": "copy"}
"""Functions of the graph executor itself: nothing is done, or moved between devices."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A function for operands of some types: its nodes, by names within it."""

    block: Block
    estimated: frozenset[str]
    unknown: Counter[str]


class Functions:
    """The functions that a graph calls, each written once for equal operands."""

    def __init__(self) -> None:
        self._written: dict[Call, _Written] = {}
        self._estimated: Counter[str] = Counter()
        self._calls = 0
        self._cut = 0
        self.unknown: Counter[str] = Counter()
        self.of_relay = False

    def write(
        self, call: Call, inputs: tuple[str, ...], outputs: tuple[str, ...], label: str
    ) -> list[Node]:
        """The nodes of one call."""
        function = parse_function(call.name)
        if function is None:
            return [self._call_out(call.name, inputs, outputs, label)]
        self._count(function)
        written = self._written.get(call)
        if written is None:
            written = self._written[call] = _write(function, call)
        self._estimated.update(written.estimated)
        self.unknown.update(written.unknown)
        block = written.block
        if len(block.nodes) == 1:
            (node,) = block.nodes
            names = dict(zip(block.inputs, inputs, strict=True))
            inner = tuple(names[name] for name in node.inputs)
            return [
                Node(
                    node.operation,
                    node.native_name,
                    inner,
                    outputs,
                    node.attributes,
                    node.blocks,
                    label,
                )
            ]
        return [Node("call", call.name, inputs, outputs, {"fused": True}, (block,), label)]

    def _count(self, function: Function) -> None:
        self._calls += 1
        self._cut += function.is_cut
        self.of_relay = self.of_relay or function.is_relay

    def _call_out(
        self, name: str, inputs: tuple[str, ...], outputs: tuple[str, ...], label: str
    ) -> Node:
        """A function that is no fused one: the executor's own, or one of another compiler."""
        self.of_relay = True
        operation = _IDLE.get(name)
        if operation is not None and len(inputs) == len(outputs) == 1:
            return Node(operation, name, inputs, outputs, {}, (), label)
        self.unknown[name or "a function without a name"] += 1
        return Node("custom_call", name or "tvm_op", inputs, outputs, {"target": name}, (), label)

    def list_warnings(self) -> list[str]:
        """That names were read, and what of it is an estimate."""
        told = []
        if self._calls:
            told.append(
                f"the graph is compiled: the work of its {self._calls} functions was reckoned from "
                "their names and the shapes of their operands"
            )
        for what, count in sorted(self._estimated.items()):
            told.append(f"what shapes do not tell is an estimate: {what} ({count} functions)")
        if self._cut:
            told.append(f"the names of {self._cut} functions were cut by the compiler")
        return told


def _write(function: Function, call: Call) -> _Written:
    kernel = Kernel(call)
    kernel.write(function)
    inputs = {str(place): known for place, known in enumerate(call.operands)}
    return _Written(
        Block(inputs, kernel.outputs, tuple(kernel.nodes), {}, dict(kernel.types)),
        frozenset(kernel.estimated),
        kernel.unknown,
    )

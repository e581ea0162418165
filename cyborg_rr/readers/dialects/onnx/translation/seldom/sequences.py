"""Sequences and optional values: those that a file builds are taken apart while it is read.

A sequence that is made of known elements is a ``tuple`` of them, and what reads it reads the
elements; where the file does not say what is in it, ``sequence`` and its kin stand for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from cyborg_rr.domain.graph.graph import Node, StoredTensor, TensorType
from cyborg_rr.readers.dialects.onnx.schema import OnnxGraph, OnnxNode
from cyborg_rr.readers.dialects.onnx.translation.native import Known, NativeOnnxNode
from cyborg_rr.readers.kit.rules import unknown
from cyborg_rr.readers.kit.steps import Step

MAX_ELEMENTS: Final = 1024
"""A longer sequence is not taken apart: each element would be a node."""


def _hold(node: NativeOnnxNode, elements: Sequence[str]) -> list[Step]:
    """The result as these elements."""
    if len(elements) > MAX_ELEMENTS:
        return [node.step("sequence")]
    node.scope.lists[node.output(0)] = tuple(elements)
    return [Step("tuple", tuple(elements), node.outputs[:1], {})]


def _position(node: NativeOnnxNode, index: int, count: int) -> int | None:
    """A stored position, counted from the front; one that is left out is the last but one past."""
    values = node.values(index)
    if values is None or len(values) != 1 or not isinstance(values[0], int):
        return None
    place = values[0] + count if values[0] < 0 else values[0]
    return place if 0 <= place <= count else None


def construct(node: NativeOnnxNode) -> list[Step]:
    """SequenceConstruct, SequenceEmpty."""
    return _hold(node, node.inputs)


def insert(node: NativeOnnxNode) -> list[Step]:
    """SequenceInsert: at the end unless a position is said."""
    known = node.scope.list_of(node.input(0))
    if known is None:
        return [node.step("sequence")]
    place = _position(node, 2, len(known)) if node.input(2) else len(known)
    if place is None:
        return [node.step("sequence")]
    return _hold(node, (*known[:place], node.input(1), *known[place:]))


def erase(node: NativeOnnxNode) -> list[Step]:
    """SequenceErase: the last one unless a position is said."""
    known = node.scope.list_of(node.input(0))
    if not known:
        return [node.step("sequence")]
    place = _position(node, 1, len(known)) if node.input(1) else len(known) - 1
    if place is None or place == len(known):
        return [node.step("sequence")]
    return _hold(node, (*known[:place], *known[place + 1 :]))


def element_at(node: NativeOnnxNode) -> list[Step]:
    """SequenceAt."""
    known = node.scope.list_of(node.input(0))
    place = None if known is None else _position(node, 1, len(known))
    if known is not None and place is not None and place < len(known):
        return [node.step("identity", (known[place],))]
    types = {node.find_type(name) for name in known or ()}
    common = types.pop() if len(types) == 1 else None
    stated = {node.output(0): common} if common is not None else {}
    return [node.step("from_sequence", None, None, stated)]


def length(node: NativeOnnxNode) -> list[Step]:
    """SequenceLength."""
    known = node.scope.list_of(node.input(0))
    if known is None:
        return [node.step("sequence_length")]
    return _store(node, "i64", len(known))


def _store(node: NativeOnnxNode, element_type: str, value: int) -> list[Step]:
    """A result that is always the same number."""
    known = TensorType(element_type, ())
    number = bool(value) if element_type == "i1" else value
    node.scope.store(node.output(0), StoredTensor(known, "constant", "inline", (number,)))
    return []


def _sizes(node: NativeOnnxNode, axis: int) -> tuple[int, ...] | None:
    """How large the parts are that a tensor is split into; None while that is not known."""
    shape, values, stored = node.shape(0), node.values(1), node.stored(1)
    if node.input(1) and (values is None or not all(isinstance(size, int) for size in values)):
        return None
    sizes = tuple(int(size) for size in values or ())
    if stored is not None and stored.type.shape != ():
        return sizes
    whole = shape[axis] if shape and -len(shape) <= axis < len(shape) else None
    step = sizes[0] if sizes else 1
    if not isinstance(whole, int) or step < 1 or whole // step > MAX_ELEMENTS:
        return None
    rest = whole % step
    return (step,) * (whole // step) + ((rest,) if rest else ())


def split(node: NativeOnnxNode) -> list[Step]:
    """SplitToSequence: into parts of the sizes said, or of one, whose dimension may go."""
    axis = node.integer("axis", default=0)
    sizes = _sizes(node, axis)
    if not sizes or len(sizes) > MAX_ELEMENTS:
        return [node.step("sequence", node.inputs[:1])]
    parts = tuple(node.fresh(f"part{place}") for place in range(len(sizes)))
    steps = [node.step("split", node.inputs[:1], parts, axis=axis, split=sizes)]
    if not node.input(1) and not node.flag("keepdims", default=True):
        whole, parts = parts, tuple(f"{part}/squeezed" for part in parts)
        for before, after in zip(whole, parts, strict=True):
            steps.append(node.step("squeeze", (before,), (after,), axes=(axis,)))
    return steps + _hold(node, parts)


def join(node: NativeOnnxNode) -> list[Step]:
    """ConcatFromSequence: along a dimension, or along a new one."""
    axis, known = node.demand_integer("axis"), node.scope.list_of(node.input(0))
    if not known:
        return [node.step("from_sequence")]
    steps: list[Step] = []
    if node.flag("new_axis"):
        parts = tuple(node.fresh(f"part{place}") for place in range(len(known)))
        for before, after in zip(known, parts, strict=True):
            steps.append(node.step("unsqueeze", (before,), (after,), axes=(axis,)))
        known = parts
    return [*steps, node.step("concatenate", known, axis=axis)]


def optional(node: NativeOnnxNode) -> list[Step]:
    """Optional: a value that is there, or one of a type that is not."""
    name = node.input(0)
    node.scope.present[node.output(0)] = bool(name)
    if not name:
        return _hold(node, ())
    known = node.scope.list_of(name)
    return [node.step("identity", (name,))] if known is None else _hold(node, known)


def optional_element(node: NativeOnnxNode) -> list[Step]:
    """OptionalGetElement."""
    known, name = node.scope.list_of(node.input(0)), node.input(0)
    if known is not None:
        return _hold(node, known)
    is_tensor = node.scope.present.get(name) or node.find_type(name) is not None
    return [node.step("identity" if is_tensor else "from_sequence", (name,))]


def has_element(node: NativeOnnxNode) -> list[Step]:
    """OptionalHasElement."""
    name = node.input(0)
    known = node.scope.present.get(name) if name else False
    if known is None:
        return [node.step("sequence_length", (name,), element_type="i1")]
    return _store(node, "i1", known)


def mapped(node: NativeOnnxNode) -> list[Step]:
    """SequenceMap over elements that are not known: how often its body runs is not either."""
    return unknown(node)


def map_elements(node: OnnxNode, wanted: int, yields: int, scope: Known) -> list[Step] | None:
    """A call for each element, and the results as sequences; None where elements are not known.

    What is no sequence is handed to every call.
    """
    lists = [scope.list_of(name) for name in node.inputs]
    lengths = {len(each) for each in lists if each is not None}
    first = lists[0] if lists else None
    if first is None or len(lengths) != 1 or len(node.inputs) != wanted:
        return None
    if yields != len(node.outputs) or not 0 < len(first) * max(yields, 1) <= MAX_ELEMENTS:
        return None
    steps: list[Step] = []
    results: list[list[str]] = [[] for _ in node.outputs]
    for place in range(len(first)):
        operands = tuple(
            name if known is None else known[place]
            for name, known in zip(node.inputs, lists, strict=True)
        )
        outputs = tuple(f"{name}/element{place}" for name in node.outputs)
        scope.names.update(outputs)
        steps.append(Step("call", operands, outputs, {}))
        for found, output in zip(results, outputs, strict=True):
            found.append(output)
    for name, elements in zip(node.outputs, results, strict=True):
        scope.lists[name] = tuple(elements)
        steps.append(Step("tuple", tuple(elements), (name,), {}))
    return steps


def _list_read(nodes: Iterable[Node]) -> set[str]:
    """What nodes and those of their blocks read, and what the blocks yield."""
    found: set[str] = set()
    waiting, seen = [tuple(nodes)], set[int]()
    while waiting:
        for node in waiting.pop():
            found.update(node.inputs)
            for block in node.blocks:
                if id(block) not in seen:
                    seen.add(id(block))
                    found.update(block.outputs)
                    waiting.append(block.nodes)
    return found


def is_closed(graph: OnnxGraph) -> bool:
    """Whether a graph reads nothing of what is around it."""
    read, made = set(graph.outputs), {""}
    waiting = [graph]
    while waiting:
        each = waiting.pop()
        made.update(each.inputs, each.stored)
        for node in each.nodes:
            read.update(node.inputs)
            made.update(node.outputs)
            for inner in node.graphs.values():
                read.update(inner.outputs)
                waiting.append(inner)
    return read <= made


def drop_unread(nodes: Sequence[Node], outputs: Iterable[str]) -> list[Node]:
    """The nodes; of a sequence whose elements alone are read no more than that it was made."""
    read = {*outputs, *_list_read(nodes)}
    return [
        replace(node, inputs=(), outputs=())
        if node.operation == "tuple" and not any(name in read for name in node.outputs)
        else node
        for node in nodes
    ]

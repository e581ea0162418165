"""Types of what control-flow nodes yield, from those of their blocks."""

from __future__ import annotations

from collections.abc import Sequence

from cyborg_rr.domain.graph.bounds import Bounded, bound
from cyborg_rr.domain.graph.graph import Dimension, Node, TensorType
from cyborg_rr.domain.graph.inference.loops.carried import (
    BlockInference,
    find_common,
    find_operand_types,
    find_output_types,
    find_taints,
    infer_carried,
)
from cyborg_rr.domain.graph.inference.loops.trip_count import count_loop_trips, count_while_trips
from cyborg_rr.domain.graph.inference.typed import InnerBlocks, TypedBlock
from cyborg_rr.domain.graph.shapes import (
    ANY,
    Contradiction,
    find_whole,
    multiply,
    normalise_axis,
)


def infer_control_flow(
    inference: BlockInference, scope: TypedBlock, index: int, node: Node
) -> Sequence[TensorType]:
    """Type the blocks of a node, note them in the scope and give the types of its results."""
    inner, results = _INFER[node.operation](inference, scope, node)
    scope.inner[index] = inner
    return results


Inferred = tuple[InnerBlocks, Sequence[TensorType]]


def _call(inference: BlockInference, scope: TypedBlock, node: Node) -> Inferred:
    names = node.inputs
    typed = inference.infer_call(
        node.blocks[0],
        find_operand_types(scope, names),
        find_taints(scope, names),
        [scope.value_of(name) if name else None for name in names],
        [bool(name) and scope.is_parameter(name) for name in names],
    )
    return InnerBlocks((typed,)), find_output_types(typed)


def _if(inference: BlockInference, scope: TypedBlock, node: Node) -> Inferred:
    taken = _taken(scope, node, len(node.blocks))
    if taken is not None:
        typed = inference.infer_block(node.blocks[taken], scope, (), ())
        others = node.blocks[:taken] + node.blocks[taken + 1 :]
        return InnerBlocks((typed,), skipped=others), find_output_types(typed)
    blocks = tuple(inference.infer_block(block, scope, (), ()) for block in node.blocks)
    results = find_output_types(blocks[0])
    for other in blocks[1:]:
        types = find_output_types(other)
        if len(types) != len(results):
            raise Contradiction("the branches yield different numbers of results")
        results = [find_common(a, b) for a, b in zip(results, types, strict=True)]
    return InnerBlocks(blocks), results


def _taken(scope: TypedBlock, node: Node, count: int) -> int | None:
    """The branch that a known predicate or index chooses; an index outside takes the last."""
    value = scope.value_of(node.inputs[0]) if node.inputs and node.inputs[0] else None
    chosen = find_whole(value)
    if chosen is None or len(chosen) != 1:
        return None
    (place,) = chosen
    if node.operation == "if":
        place = 0 if place else 1
        return place if place < count else None
    return place if 0 <= place < count else count - 1


def _while(inference: BlockInference, scope: TypedBlock, node: Node) -> Inferred:
    if len(node.blocks) != 2:
        raise Contradiction("a while needs a condition and a body")
    condition_block, body_block = node.blocks
    body, carried = infer_carried(inference, scope, body_block, node.inputs, (), 0)
    taints = find_taints(scope, node.inputs)
    condition = inference.infer_block(condition_block, scope, carried, taints)
    trips = count_while_trips(node, scope, condition, body)
    if trips is not None:
        last = find_output_types(body) if trips else find_operand_types(scope, node.inputs)
        carried = _prefer_known(last, carried)
    return InnerBlocks((condition, body), trips), carried


def _prefer_known(last: Sequence[TensorType], carried: Sequence[TensorType]) -> list[TensorType]:
    """The types of what the last trip yields, or what was given where none runs."""
    return [
        a if b.shape is None or not b.is_static else b for a, b in zip(carried, last, strict=True)
    ]


def _loop(inference: BlockInference, scope: TypedBlock, node: Node) -> Inferred:
    """ONNX Loop: trip limit, condition, carried values; stacked results follow the carried ones."""
    lead = (TensorType("i64", ()), TensorType("i1", ()))
    names = node.inputs[2:]
    body, carried = infer_carried(inference, scope, node.blocks[0], names, lead, 1)
    trips, early = count_loop_trips(node, scope, body)
    if early and trips is not None:
        inference.note_trips(node, trips)
    if trips == 0:
        carried = _prefer_known(find_operand_types(scope, names), carried)
    count: Dimension = ANY if trips is None else bound(trips) if early else trips
    stacked = [_stack(each, count, 0) for each in find_output_types(body)[1 + len(names) :]]
    return InnerBlocks((body,), trips, at_most=early), [*carried, *stacked]


def _stack(each: TensorType, count: Dimension, axis: int) -> TensorType:
    if each.shape is None:
        return each
    place = normalise_axis(axis, len(each.shape) + 1)
    return TensorType(each.element_type, (*each.shape[:place], count, *each.shape[place:]))


def _places(node: Node, attribute: str, count: int) -> list[int]:
    stated = node.attributes.get(attribute)
    if not isinstance(stated, tuple):
        return [0] * count
    if len(stated) != count:
        raise Contradiction(f"{attribute} should have {count} numbers")
    return [int(axis) for axis in stated]


def scan_operands(node: Node) -> tuple[str, ...]:
    """States and tensors of an ONNX Scan; before version 9 the lengths of sequences come first."""
    return node.inputs[1:] if _is_batched(node) else node.inputs


def _is_batched(node: Node) -> bool:
    return node.attributes.get("batched") is True


def _scan(inference: BlockInference, scope: TypedBlock, node: Node) -> Inferred:
    """ONNX Scan: states, then inputs that are taken apart along one axis, step by step.

    Before version 9 a batch stands in front of all of them, and the body runs for each part of it.
    """
    names, lead = scan_operands(node), int(_is_batched(node))
    count = node.attributes.get("num_scan_inputs")
    if count is None:
        raise Contradiction("the attribute num_scan_inputs is missing")
    if not isinstance(count, int) or not 0 < count <= len(names):
        raise Contradiction("num_scan_inputs does not fit the operands")
    states, scanned = names[:-count], names[-count:]
    batch: Dimension = ANY if lead else 1
    steps: Dimension = ANY
    slices = []
    for name, axis in zip(scanned, _places(node, "scan_input_axes", count), strict=True):
        batch, whole = _split_front(scope.type_of(name), lead, batch)
        steps, each = _split_at(whole, axis, steps)
        slices.append(each)
    before = [_split_front(each, lead, batch)[1] for each in find_operand_types(scope, states)]
    body, carried = infer_carried(inference, scope, node.blocks[0], states, (), 0, slices, before)
    each_step = find_output_types(body)[len(states) :]
    axes = _places(node, "scan_output_axes", len(each_step))
    stacked = [_stack(tensor, steps, axis) for tensor, axis in zip(each_step, axes, strict=True)]
    results = [*carried, *stacked]
    if lead:
        results = [_stack(tensor, batch, 0) for tensor in results]
    trips = multiply((batch, steps))
    if isinstance(trips, Bounded):
        return InnerBlocks((body,), trips.most, at_most=True), results
    return InnerBlocks((body,), trips if isinstance(trips, int) else None), results


def _split_front(whole: TensorType, lead: int, fallback: Dimension) -> tuple[Dimension, TensorType]:
    """The batch that stands in front of a tensor, and one part of it."""
    return _split_at(whole, 0, fallback) if lead else (fallback, whole)


def _split_at(whole: TensorType, axis: int, fallback: Dimension) -> tuple[Dimension, TensorType]:
    """The size along an axis, and one slice of the tensor."""
    if whole.shape is None:
        return fallback, whole
    place = normalise_axis(axis, len(whole.shape))
    rest = whole.shape[:place] + whole.shape[place + 1 :]
    return whole.shape[place], TensorType(whole.element_type, rest)


_INFER = {
    "call": _call,
    "if": _if,
    "case": _if,
    "loop": _loop,
    "scan": _scan,
    "while": _while,
}

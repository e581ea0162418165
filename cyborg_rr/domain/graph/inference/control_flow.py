"""Types of what control-flow nodes yield, from those of their blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from cyborg_rr.domain.graph.bounds import Bounded, bound, find_largest
from cyborg_rr.domain.graph.graph import Block, Dimension, Node, TensorType
from cyborg_rr.domain.graph.inference.found import forget, list_bounds
from cyborg_rr.domain.graph.inference.trip_count import count_while_trips, usable_trip_count
from cyborg_rr.domain.graph.inference.typed import InnerBlocks, TypedBlock
from cyborg_rr.domain.graph.operations.declaring.typed_node import Value
from cyborg_rr.domain.graph.shapes import (
    ANY,
    UNKNOWN,
    Contradiction,
    find_whole,
    join,
    multiply,
    normalise_axis,
)

_MAX_ROUNDS: Final = 6
"""How often a body is typed for its carried values to settle; a size takes two until it is open."""


class BlockInference(Protocol):
    """What control flow needs of the inference that it is part of."""

    def infer_block(
        self,
        block: Block,
        outer: TypedBlock | None,
        types: Sequence[TensorType],
        taints: Sequence[int],
        values: Sequence[Value | None] = (),
        parameters: Sequence[bool] = (),
    ) -> TypedBlock:
        """Type an inner block."""
        ...

    def infer_call(
        self,
        block: Block,
        types: Sequence[TensorType],
        taints: Sequence[int],
        values: Sequence[Value | None],
        parameters: Sequence[bool],
    ) -> TypedBlock:
        """Type a called function."""
        ...

    def note_trips(self, node: Node, most: int) -> None:
        """Note a loop that data may end before its count does."""
        ...


def infer_control_flow(
    inference: BlockInference, scope: TypedBlock, index: int, node: Node
) -> Sequence[TensorType]:
    """Type the blocks of a node, note them in the scope and give the types of its results."""
    inner, results = _INFER[node.operation](inference, scope, node)
    scope.inner[index] = inner
    return results


Inferred = tuple[InnerBlocks, Sequence[TensorType]]


def _output_types(typed: TypedBlock) -> list[TensorType]:
    """The types of a block's outputs as they hold outside of it."""
    return [forget(typed.type_of(name)) for name in typed.block.outputs]


def _operand_types(scope: TypedBlock, names: Sequence[str]) -> list[TensorType]:
    return [scope.type_of(name) if name else UNKNOWN for name in names]


def _taints(scope: TypedBlock, names: Sequence[str]) -> list[int]:
    return [scope.taint_of(name) if name else 0 for name in names]


def invariant_places(block: Block, skip_inputs: int = 0, skip_outputs: int = 0) -> set[int]:
    """Which carried values a loop body hands on untouched."""
    inputs = list(block.inputs)[skip_inputs:]
    outputs = block.outputs[skip_outputs:]
    return {p for p, (a, b) in enumerate(zip(inputs, outputs, strict=False)) if a == b}


def _common(left: TensorType, right: TensorType) -> TensorType:
    """What two types agree on."""
    element_type = left.element_type or right.element_type
    if left.shape is None or right.shape is None or len(left.shape) != len(right.shape):
        return TensorType(element_type, None)
    agreed = [join(a, b) for a, b in zip(left.shape, right.shape, strict=True)]
    return TensorType(element_type, tuple(agreed))


def _is_placeholder(first: TensorType, after: TensorType) -> bool:
    """Whether a carried value has nothing in it until a trip makes it one of another rank.

    So TensorFlow begins a list of tensors of which it does not know the rank.
    """
    if first.shape is None or after.shape is None or len(first.shape) == len(after.shape):
        return False
    return 0 in first.shape


def _differ(left: Sequence[TensorType], right: Sequence[TensorType]) -> bool:
    """Whether types differ, be it in their largest sizes only."""
    return list(left) != list(right) or any(
        list_bounds(a) != list_bounds(b) for a, b in zip(left, right, strict=True)
    )


def _widen(carried: TensorType, after: TensorType) -> TensorType:
    """A carried type that allows for what a trip makes of it, without sizes that trips exceed."""
    common = _common(carried, after)
    if common.shape is None or carried.shape is None:
        return common
    sizes = [
        ANY if isinstance(a, Bounded) and b is not a and find_largest(b) != a.most else b
        for a, b in zip(carried.shape, common.shape, strict=True)
    ]
    return TensorType(common.element_type, tuple(sizes))


def _call(inference: BlockInference, scope: TypedBlock, node: Node) -> Inferred:
    names = node.inputs
    typed = inference.infer_call(
        node.blocks[0],
        _operand_types(scope, names),
        _taints(scope, names),
        [scope.value_of(name) if name else None for name in names],
        [bool(name) and scope.is_parameter(name) for name in names],
    )
    return InnerBlocks((typed,)), _output_types(typed)


def _if(inference: BlockInference, scope: TypedBlock, node: Node) -> Inferred:
    taken = _taken(scope, node, len(node.blocks))
    if taken is not None:
        typed = inference.infer_block(node.blocks[taken], scope, (), ())
        others = node.blocks[:taken] + node.blocks[taken + 1 :]
        return InnerBlocks((typed,), skipped=others), _output_types(typed)
    blocks = tuple(inference.infer_block(block, scope, (), ()) for block in node.blocks)
    results = _output_types(blocks[0])
    for other in blocks[1:]:
        types = _output_types(other)
        if len(types) != len(results):
            raise Contradiction("the branches yield different numbers of results")
        results = [_common(a, b) for a, b in zip(results, types, strict=True)]
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


def _carry(
    inference: BlockInference,
    scope: TypedBlock,
    block: Block,
    names: Sequence[str],
    lead: Sequence[TensorType],
    skip_outputs: int,
    extra: Sequence[TensorType] = (),
    before: Sequence[TensorType] | None = None,
) -> tuple[TypedBlock, list[TensorType]]:
    """Type a loop body: once with the first values, again where a trip changes a type.

    ``before`` are the types of the carried values where they are not those of the operands.
    """
    types = _operand_types(scope, names) if before is None else list(before)
    invariant = invariant_places(block, len(lead), skip_outputs)
    taints = [0] * len(lead) + _taints(scope, names)
    values = [None] * len(lead) + [
        scope.value_of(name) if name and place in invariant and before is None else None
        for place, name in enumerate(names)
    ]
    flags = [False] * len(lead) + [
        bool(name) and place in invariant and scope.is_parameter(name)
        for place, name in enumerate(names)
    ]
    typed = inference.infer_block(block, scope, [*lead, *types, *extra], taints, values, flags)
    after = _output_types(typed)[skip_outputs : skip_outputs + len(types)]
    pairs = list(zip(types, after, strict=False))
    filled = [_is_placeholder(a, b) for a, b in pairs]
    carried = [
        b if is_filled else _common(a, b) for (a, b), is_filled in zip(pairs, filled, strict=True)
    ]
    if _differ(
        [a for a in types[: len(carried)] if a.shape is not None],
        [b for a, b in zip(types, carried, strict=False) if a.shape is not None],
    ):
        typed, carried = _settle_carried(
            lambda types: inference.infer_block(
                block, scope, [*lead, *types, *extra], taints, values, flags
            ),
            carried,
            filled,
            skip_outputs,
        )
    return typed, carried


def _settle_carried(
    infer_body: Callable[[Sequence[TensorType]], TypedBlock],
    carried: list[TensorType],
    filled: Sequence[bool],
    skip_outputs: int,
) -> tuple[TypedBlock, list[TensorType]]:
    """Type a body anew until the carried types are those before and after every trip.

    What one carried value hands to another takes a round for each; what still changes after so
    many has no known shape.
    """
    for _ in range(_MAX_ROUNDS):
        typed = infer_body(carried)
        after = _output_types(typed)[skip_outputs : skip_outputs + len(carried)]
        widened = [
            _common(a, b) if is_filled else _widen(a, b)
            for a, b, is_filled in zip(carried, after, filled, strict=True)
        ]
        if not _differ(widened, carried):
            return typed, carried
        carried = widened
    carried = [TensorType(each.element_type, None) for each in carried]
    return infer_body(carried), carried


def _while(inference: BlockInference, scope: TypedBlock, node: Node) -> Inferred:
    if len(node.blocks) != 2:
        raise Contradiction("a while needs a condition and a body")
    condition_block, body_block = node.blocks
    body, carried = _carry(inference, scope, body_block, node.inputs, (), 0)
    taints = _taints(scope, node.inputs)
    condition = inference.infer_block(condition_block, scope, carried, taints)
    trips = count_while_trips(node, scope, condition, body)
    if trips:  # what the last trip yields has the type that the body gives it
        carried = [
            a if b.shape is None or not b.is_static else b
            for a, b in zip(carried, _output_types(body), strict=True)
        ]
    return InnerBlocks((condition, body), trips), carried


def _loop(inference: BlockInference, scope: TypedBlock, node: Node) -> Inferred:
    """ONNX Loop: trip limit, condition, carried values; stacked results follow the carried ones."""
    lead = (TensorType("i64", ()), TensorType("i1", ()))
    names = node.inputs[2:]
    body, carried = _carry(inference, scope, node.blocks[0], names, lead, 1)
    trips = usable_trip_count(node.attributes.get("trip_count"))
    limit = scope.value_of(node.inputs[0]) if node.inputs and node.inputs[0] else None
    if trips is None and limit is not None and len(limit) == 1:
        trips = usable_trip_count(limit[0])
    early = trips is not None and _may_end_early(scope, node, body)
    if early and trips is not None:
        inference.note_trips(node, trips)
    count: Dimension = ANY if trips is None else bound(trips) if early else trips
    stacked = [_stack(each, count, 0) for each in _output_types(body)[1 + len(names) :]]
    return InnerBlocks((body,), trips, at_most=early), [*carried, *stacked]


def _may_end_early(scope: TypedBlock, node: Node, body: TypedBlock) -> bool:
    """Whether a condition that data decides may end the loop before its count does."""
    inputs, condition = list(body.block.inputs), body.block.outputs[0]
    for each in reversed(body.block.nodes):
        if each.operation == "identity" and condition in each.outputs and each.inputs:
            condition = each.inputs[0]
    if body.value_of(condition) == (True,):
        return False
    if len(inputs) < 2 or condition != inputs[1]:
        return True
    first = node.inputs[1] if len(node.inputs) > 1 else ""
    return bool(first) and scope.value_of(first) != (True,)


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
    before = [_split_front(each, lead, batch)[1] for each in _operand_types(scope, states)]
    body, carried = _carry(inference, scope, node.blocks[0], states, (), 0, slices, before)
    each_step = _output_types(body)[len(states) :]
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

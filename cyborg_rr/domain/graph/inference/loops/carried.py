"""Types of what goes in and out of blocks, above all of what a loop carries from trip to trip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from cyborg_rr.domain.graph.bounds import Bounded, find_largest
from cyborg_rr.domain.graph.graph import Block, Node, TensorType
from cyborg_rr.domain.graph.inference.found import forget, list_bounds
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.operations.declaring.typed_node import Value
from cyborg_rr.domain.graph.shapes import (
    ANY,
    UNKNOWN,
    join,
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


def find_output_types(typed: TypedBlock) -> list[TensorType]:
    """The types of a block's outputs as they hold outside of it."""
    return [forget(typed.type_of(name)) for name in typed.block.outputs]


def find_operand_types(scope: TypedBlock, names: Sequence[str]) -> list[TensorType]:
    """The types of the values that a node reads, unknown for one left out."""
    return [scope.type_of(name) if name else UNKNOWN for name in names]


def find_taints(scope: TypedBlock, names: Sequence[str]) -> list[int]:
    """How far each of these depends on bound inputs."""
    return [scope.taint_of(name) if name else 0 for name in names]


def invariant_places(block: Block, skip_inputs: int = 0, skip_outputs: int = 0) -> set[int]:
    """Which carried values a loop body hands on untouched."""
    inputs = list(block.inputs)[skip_inputs:]
    outputs = block.outputs[skip_outputs:]
    return {p for p, (a, b) in enumerate(zip(inputs, outputs, strict=False)) if a == b}


def find_common(left: TensorType, right: TensorType) -> TensorType:
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
    common = find_common(carried, after)
    if common.shape is None or carried.shape is None:
        return common
    sizes = [
        ANY if isinstance(a, Bounded) and b is not a and find_largest(b) != a.most else b
        for a, b in zip(carried.shape, common.shape, strict=True)
    ]
    return TensorType(common.element_type, tuple(sizes))


def infer_carried(
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
    types = find_operand_types(scope, names) if before is None else list(before)
    invariant = invariant_places(block, len(lead), skip_outputs)
    taints = [0] * len(lead) + find_taints(scope, names)
    values = [None] * len(lead) + [
        scope.value_of(name) if name and place in invariant and before is None else None
        for place, name in enumerate(names)
    ]
    flags = [False] * len(lead) + [
        bool(name) and place in invariant and scope.is_parameter(name)
        for place, name in enumerate(names)
    ]
    typed = inference.infer_block(block, scope, [*lead, *types, *extra], taints, values, flags)
    after = find_output_types(typed)[skip_outputs : skip_outputs + len(types)]
    pairs = list(zip(types, after, strict=False))
    filled = [_is_placeholder(a, b) for a, b in pairs]
    carried = [
        b if is_filled else find_common(a, b)
        for (a, b), is_filled in zip(pairs, filled, strict=True)
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
        after = find_output_types(typed)[skip_outputs : skip_outputs + len(carried)]
        widened = [
            find_common(a, b) if is_filled else _widen(a, b)
            for a, b, is_filled in zip(carried, after, filled, strict=True)
        ]
        if not _differ(widened, carried):
            return typed, carried
        carried = widened
    carried = [TensorType(each.element_type, None) for each in carried]
    return infer_body(carried), carried

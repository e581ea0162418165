"""How often a counted loop runs, read off its counter."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Block, Node
from cyborg_rr.domain.graph.inference.typed import TypedBlock

_MAX_TRIPS = 2**31
_MAX_TESTS = 4
_MIRRORED = {"LT": "GT", "GT": "LT", "LE": "GE", "GE": "LE", "NE": "NE"}
_PASSING = frozenset({"identity", "convert", "reshape", "copy"})


def usable_trip_count(count: object) -> int | None:
    """A count that can be believed; exporters write the largest integer for "until told"."""
    if isinstance(count, bool) or not isinstance(count, int):
        return None
    return count if 0 <= count < _MAX_TRIPS else None


def count_while_trips(
    node: Node, scope: TypedBlock, condition: TypedBlock, body: TypedBlock
) -> int | None:
    """Trips of a ``while`` whose counter starts, steps and ends at known whole numbers."""
    stated = usable_trip_count(node.attributes.get("trip_count"))
    if stated is not None or not condition.block.outputs:
        return stated
    counts = [
        None if test is None else _count_test(test, node, scope, condition, body)
        for test in _list_tests(condition.block)
    ]
    known = [count for count in counts if count is not None]
    return min(known) if known and len(known) == len(counts) else None


def _list_tests(block: Block) -> list[Node | None]:
    """What has to hold: one comparison, or several that an ``and`` joins."""
    tests: list[Node | None] = []
    pending = [block.outputs[0]]
    while pending and len(tests) < _MAX_TESTS:
        test = _find_producer(block, pending.pop())
        if test is not None and test.operation == "and":
            pending.extend(test.inputs)
        else:
            tests.append(test)
    return tests if not pending else [None]


def _count_test(
    test: Node, node: Node, scope: TypedBlock, condition: TypedBlock, body: TypedBlock
) -> int | None:
    """How often one comparison holds, one after the other."""
    if test.operation != "compare" or len(test.inputs) != 2:
        return None
    direction = str(test.attributes.get("direction"))
    left, right = (_position(condition.block, name) for name in test.inputs)
    counter, limit_name = left, test.inputs[1]
    limit = _limit(node, scope, condition, body, limit_name)
    if counter is None or limit is None:
        counter, limit_name = right, test.inputs[0]
        direction = _MIRRORED.get(direction, "")
        limit = _limit(node, scope, condition, body, limit_name)
    if counter is None or limit is None or counter >= len(node.inputs):
        return None
    start, step = _whole(scope.value_of(node.inputs[counter])), _step(body, counter)
    if start is None or not step:
        return None
    return _count(direction, start, limit, step)


def _count(direction: str, start: int, limit: int, step: int) -> int | None:
    if direction == "NE":
        trips, rest = divmod(limit - start, step)
        return usable_trip_count(trips) if not rest else None
    if direction in ("LE", "GE"):
        limit += 1 if direction == "LE" else -1
    elif direction not in ("LT", "GT"):
        return None
    if (step > 0) != (direction in ("LT", "LE")):
        return None
    return usable_trip_count(max(math.ceil((limit - start) / step), 0))


def _whole(value: Sequence[object] | None) -> int | None:
    if value is None or len(value) != 1 or not isinstance(value[0], int):
        return None
    return value[0]


def _find_producer(block: Block, name: str) -> Node | None:
    """The node that yields a value, looking through what only passes it on."""
    for node in reversed(block.nodes):
        if name in node.outputs:
            if node.operation in _PASSING and node.inputs:
                name = node.inputs[0]
                continue
            return node
    return None


def _position(block: Block, name: str) -> int | None:
    """Which input of the block a name is, looking through what only passes it on."""
    for node in reversed(block.nodes):
        if name in node.outputs and node.operation in _PASSING and node.inputs:
            name = node.inputs[0]
    return next((place for place, known in enumerate(block.inputs) if known == name), None)


def _limit(
    node: Node, scope: TypedBlock, condition: TypedBlock, body: TypedBlock, name: str
) -> int | None:
    """The number compared with: known in the condition, or carried around unchanged."""
    known = _whole(condition.value_of(name))
    place = _position(condition.block, name)
    if known is not None or place is None or place >= len(node.inputs):
        return known
    outputs = body.block.outputs
    if place < len(outputs) and _position(body.block, outputs[place]) == place:
        return _whole(scope.value_of(node.inputs[place]))
    return None


def _step(body: TypedBlock, counter: int) -> int | None:
    """By how much one trip changes the counter."""
    outputs = body.block.outputs
    if counter >= len(outputs):
        return None
    update = _find_producer(body.block, outputs[counter])
    if update is None or update.operation not in ("add", "subtract") or len(update.inputs) != 2:
        return None
    left, right = update.inputs
    if _position(body.block, left) == counter:
        step = _whole(body.value_of(right))
    elif update.operation == "add" and _position(body.block, right) == counter:
        step = _whole(body.value_of(left))
    else:
        return None
    if step is None:
        return None
    return step if update.operation == "add" else -step

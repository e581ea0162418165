"""How often a counted loop runs, read off its counter."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cyborg_rr.domain.graph.graph import Block, Node
from cyborg_rr.domain.graph.inference.typed import TypedBlock
from cyborg_rr.domain.graph.operations.declaring.typed_node import Value

_MAX_TRIPS = 2**31
_MAX_TESTS = 4
_MIRRORED = {"LT": "GT", "GT": "LT", "LE": "GE", "GE": "LE", "NE": "NE"}
_PASSING = frozenset({"identity", "convert", "reshape", "copy"})


def usable_trip_count(count: object) -> int | None:
    """A count that can be believed; exporters write the largest integer for "until told"."""
    if isinstance(count, bool) or not isinstance(count, int):
        return None
    return count if 0 <= count < _MAX_TRIPS else None


def count_loop_trips(node: Node, scope: TypedBlock, body: TypedBlock) -> tuple[int | None, bool]:
    """Trips of a ``loop``, and whether data may end it before: its limit, and two conditions.

    The first condition decides on the first trip, what the body yields on each further one. Of a
    loop without a first one ONNX ignores what the body yields, and ONNX Runtime does not.
    """
    trips = usable_trip_count(node.attributes.get("trip_count"))
    limit = _whole(_value_at(node, scope, 0))
    trips = usable_trip_count(limit) if trips is None else trips
    is_open = trips is None and limit is None and bool(node.inputs) and bool(node.inputs[0])
    has_first = len(node.inputs) > 1 and bool(node.inputs[1])
    first = _flag(_value_at(node, scope, 1)) if has_first else True
    further = _flag(body.value_of(body.block.outputs[0]))
    if first is False:
        return 0, False
    if further is False and has_first:
        return (1 if trips is None else min(trips, 1)), first is None or is_open
    if further is True:
        return trips, trips is not None and first is None
    is_handed_on = len(body.block.inputs) > 1 and _position(body.block, body.block.outputs[0]) == 1
    return trips, trips is not None and not (is_handed_on and first)


def _value_at(node: Node, scope: TypedBlock, place: int) -> Value | None:
    name = node.inputs[place] if place < len(node.inputs) else ""
    return scope.value_of(name) if name else None


def _flag(value: Value | None) -> bool | None:
    """A truth that is known."""
    known = value is not None and len(value) == 1 and isinstance(value[0], (bool, int))
    return bool(value[0]) if known and value is not None else None


def count_while_trips(
    node: Node, scope: TypedBlock, condition: TypedBlock, body: TypedBlock
) -> int | None:
    """Trips of a ``while`` whose counter starts, steps and ends at known whole numbers.

    A truth that is known, or carried around, ends it before the first trip or after it.
    """
    stated = usable_trip_count(node.attributes.get("trip_count"))
    if stated is not None or not condition.block.outputs:
        return stated
    counts = [
        _count_test(test, node, scope, condition, body) for test in _list_tests(condition.block)
    ]
    if 0 in counts:
        return 0
    known = [count for count in counts if count is not None]
    least = min(known) if len(known) == len(counts) else math.inf
    return None if math.isinf(least) else int(least)


def _list_tests(block: Block) -> list[str]:
    """What has to hold: one truth, or several that an ``and`` joins."""
    tests: list[str] = []
    pending = [block.outputs[0]]
    while pending:
        name = pending.pop()
        test = _find_producer(block, name) if len(tests) + len(pending) < _MAX_TESTS else None
        if test is not None and test.operation == "and":
            pending.extend(test.inputs)
        else:
            tests.append(name)
    return tests


def _count_test(
    name: str, node: Node, scope: TypedBlock, condition: TypedBlock, body: TypedBlock
) -> float | None:
    """How often one truth holds, one time after the other; without end where it always does."""
    known = _flag(condition.value_of(name))
    if known is not None:
        return math.inf if known else 0
    place = _position(condition.block, name)
    if place is not None:
        return _count_carried(place, node, scope, body)
    test = _find_producer(condition.block, name)
    if test is None or test.operation != "compare" or len(test.inputs) != 2:
        return None
    return _count_comparison(test, node, scope, condition, body)


def _count_carried(place: int, node: Node, scope: TypedBlock, body: TypedBlock) -> float | None:
    """How often a truth holds that is carried around: what it begins with, what trips make it."""
    if place >= min(len(node.inputs), len(body.block.outputs)):
        return None
    first = _flag(_value_at(node, scope, place))
    further = _flag(body.value_of(body.block.outputs[place]))
    if first and further is None and _position(body.block, body.block.outputs[place]) == place:
        further = True
    if first is None or (first and further is None):
        return None
    return 0 if not first else math.inf if further else 1


def _count_comparison(
    test: Node, node: Node, scope: TypedBlock, condition: TypedBlock, body: TypedBlock
) -> int | None:
    """How often one comparison holds, one time after the other."""
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

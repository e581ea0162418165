"""Which computation calls which: callees come before callers, and nothing calls itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cyborg_rr.readers.hlo.module import Computation, Instruction, Key, Module

MAX_CALL_DEPTH: Final = 30
"""Calls within one another; a branch takes two floors of the graph's 64."""

ENTERED: Final = frozenset({"fusion", "call", "while", "conditional", "map", "async-start"})
"""Operations that run what they call; the others only combine elements with it."""


def get_callee(module: Module, caller: Instruction, key: Key) -> Computation:
    """A computation that an instruction calls."""
    found = module.computations.get(key)
    if found is None:
        cause = f"{caller.name[:60]!r} calls {str(key)[:60]!r}, which is not defined"
        raise module.fail(cause, caller.position)
    return found


def order_computations(module: Module, entry: Computation) -> list[Computation]:
    """What the entry runs, directly or not, callees first, the entry last."""
    depths: dict[Key, int] = {}
    active = {entry.key}
    ordered: list[Computation] = []
    stack = [(entry, _list_callees(module, entry))]
    deepest = [0]
    while stack:
        computation, callees = stack[-1]
        callee = next(callees, None)
        if callee is None:
            stack.pop()
            active.discard(computation.key)
            depth = deepest.pop() + 1
            _check_depth(module, computation, depth)
            depths[computation.key] = depth
            ordered.append(computation)
            if deepest:
                deepest[-1] = max(deepest[-1], depth)
        elif callee.key in active:
            raise module.fail(f"{callee.name[:60]!r} calls itself", callee.position)
        elif callee.key in depths:
            deepest[-1] = max(deepest[-1], depths[callee.key])
        else:
            active.add(callee.key)
            stack.append((callee, _list_callees(module, callee)))
            deepest.append(0)
    return ordered


def _check_depth(module: Module, computation: Computation, depth: int) -> None:
    if depth > MAX_CALL_DEPTH:
        cause = f"calls are nested more than {MAX_CALL_DEPTH} deep in {computation.name[:60]!r}"
        raise module.fail(cause, computation.position)


def _list_callees(module: Module, computation: Computation) -> Iterator[Computation]:
    keys: dict[Key, Computation] = {}
    for instruction in computation.instructions:
        if instruction.called and instruction.opcode in ENTERED:
            for key in instruction.called:
                if key not in keys:
                    keys[key] = get_callee(module, instruction, key)
    return iter(keys.values())


_FUNCTIONS = {
    "add": "sum", "maximum": "max", "minimum": "min", "multiply": "prod", "and": "and", "or": "or",
}  # fmt: skip
_PASSED_OVER = frozenset({"parameter", "constant", "convert", "bitcast", "bitcast-convert"})
_MAX_REDUCER = 16


def find_function(module: Module, instruction: Instruction) -> str | None:
    """What a reducer computes, where it is one operation on its two parameters."""
    if not instruction.called:
        return None
    callee = get_callee(module, instruction, instruction.called[-1])
    if len(callee.instructions) > _MAX_REDUCER:
        return None
    inner = [each for each in callee.instructions if each.opcode not in _PASSED_OVER]
    if len(inner) == 1:
        return _FUNCTIONS.get(inner[0].opcode)
    for each in inner:
        direction = each.attributes.get("direction")
        if each.opcode == "compare" and isinstance(direction, str):
            return {"G": "max", "L": "min"}.get(direction[:1])
    return None

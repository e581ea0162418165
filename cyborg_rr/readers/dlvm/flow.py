"""Where the blocks of a function lead: which lie in a loop, and where branches meet again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import quote
from cyborg_rr.readers.dlvm.module import Block, Function, Type, list_references

EXIT: Final = ""
"""Where a function ends, as the block behind its last ones."""

_JUMPS: Final = frozenset({"branch", "conditional", "branchEnum"})
_ENDS: Final = frozenset({"return", "trap", *_JUMPS})


@dataclass(slots=True)
class Flow:
    """The blocks by name, the loop that each lies in, and where paths from each meet again.

    ``first_uses`` are the types that values are first used as; ``leaving`` are, for each loop, the
    values that are made in it and read behind it.
    """

    blocks: Mapping[str, Block]
    loops: Mapping[str, int]
    exits: Mapping[int, tuple[str, ...]]
    joins: Mapping[str, str]
    first_uses: Mapping[str, Type]
    leaving: Mapping[int, Mapping[str, Type]]


def study(function: Function) -> Flow:
    """How the blocks of a function follow each other. Raises ``UnreadableModel`` for a jump astray.

    A loop is what ``loops`` holds for a block of it; blocks outside have no entry.
    """
    blocks = {block.label: block for block in function.blocks}
    after = {label: _list_next(block, blocks) for label, block in blocks.items()}
    groups = _find_groups(function.blocks[0].label, after)
    loops = {
        label: number
        for number, group in enumerate(groups)
        for label in group
        if len(group) > 1 or label in after[label]
    }
    first_uses, leaving = _study_uses(function, loops)
    exits: dict[int, dict[str, None]] = {number: {} for number in loops.values()}
    for label, number in loops.items():
        exits[number].update({to: None for to in after[label] if loops.get(to) != number})
    joins = _find_joins(groups, after)
    kept = {number: tuple(found) for number, found in exits.items()}
    return Flow(blocks, loops, kept, joins, first_uses, leaving)


def _list_next(block: Block, blocks: Mapping[str, Block]) -> tuple[str, ...]:
    where = f"block {quote(block.label)}"
    last = block.instructions[-1]
    if last.opcode not in _ENDS:
        raise UnreadableModel(f"{where} ends without a jump or return")
    if any(each.opcode in _ENDS for each in block.instructions[:-1]):
        raise UnreadableModel(f"{where} goes on behind a jump or return")
    labels = tuple(dict.fromkeys(jump.label for jump in last.jumps))
    missing = next((label for label in labels if label not in blocks), None)
    if missing is not None:
        raise UnreadableModel(f"{where} leads to {quote(missing)}, which is not there")
    if last.opcode in _JUMPS and not labels:
        raise UnreadableModel(f"{where} leads nowhere")
    return labels


def _find_groups(entry: str, after: Mapping[str, tuple[str, ...]]) -> list[list[str]]:
    """Blocks that reach each other, by Tarjan's algorithm; what a group leads to stands first."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    waiting: dict[str, None] = {}
    groups: list[list[str]] = []
    order[entry] = lowest[entry] = 0
    waiting[entry] = None
    stack = [(entry, iter(after[entry]))]
    while stack:
        label, pending = stack[-1]
        following = next(pending, None)
        if following is not None:
            if following not in order:
                order[following] = lowest[following] = len(order)
                waiting[following] = None
                stack.append((following, iter(after[following])))
            elif following in waiting:
                lowest[label] = min(lowest[label], order[following])
            continue
        stack.pop()
        if stack:
            above = stack[-1][0]
            lowest[above] = min(lowest[above], lowest[label])
        if lowest[label] == order[label]:
            groups.append(_take_group(label, waiting))
    return groups


def _take_group(label: str, waiting: dict[str, None]) -> list[str]:
    group: list[str] = []
    while label in waiting:
        group.append(waiting.popitem()[0])
    return group


def _find_joins(groups: list[list[str]], after: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """For each block the first one that all paths from it go through, by Cooper's algorithm."""
    joins: dict[str, str] = {}
    depths = {EXIT: 0}
    for group in groups:
        members = set(group)
        found: str | None = None
        for label in group:
            following = [to for to in after[label] if to not in members]
            for to in following or ([] if after[label] else [EXIT]):
                found = to if found is None else _meet(found, to, joins, depths)
        for label in group:
            joins[label] = EXIT if found is None else found
            depths[label] = depths[joins[label]] + 1
    return joins


def _meet(one: str, other: str, joins: Mapping[str, str], depths: Mapping[str, int]) -> str:
    while one != other:
        if depths[one] >= depths[other]:
            one = joins[one]
        else:
            other = joins[other]
    return one


def _study_uses(
    function: Function, loops: Mapping[str, int]
) -> tuple[dict[str, Type], dict[int, dict[str, Type]]]:
    made: dict[str, str] = {}
    for block in function.blocks:
        made.update({name: block.label for name, _ in block.arguments})
        made.update({each.result: block.label for each in block.instructions if each.result})
    first_uses: dict[str, Type] = {}
    leaving: dict[int, dict[str, Type]] = {number: {} for number in loops.values()}
    for block in function.blocks:
        here = loops.get(block.label)
        for instruction in block.instructions:
            for use in list_references(instruction):
                first_uses.setdefault(use.name, use.type)
                number = loops.get(made.get(use.name, ""))
                if number is not None and number != here:
                    leaving[number].setdefault(use.name, use.type)
    return first_uses, leaving

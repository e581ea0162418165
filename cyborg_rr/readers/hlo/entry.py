"""The parameters of the entry: what they are called, which are weights, which results they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.hlo.module import Computation, Instruction, Key, Module, list_leaves
from cyborg_rr.readers.hlo.values import Value
from cyborg_rr.readers.kit.weights import WeightNames

_TREE = re.compile(
    r"(params|weights|variables|batch_stats|state_dict)(?:_+([A-Za-z0-9_]+))?(?:\.[0-9.]+)?"
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """``name`` is the one that users see, ``weight`` the reason why it is one."""

    instruction: Instruction
    name: str
    weight: str | None


def sort_parameters(module: Module, computation: Computation) -> list[Instruction]:
    """The parameters of a computation by number; each number is there once."""
    found = [each for each in computation.instructions if each.opcode == "parameter"]
    found.sort(key=_number)
    for place, instruction in enumerate(found):
        if _number(instruction) != place:
            cause = f"the parameters of {computation.name[:60]!r} are not numbered from 0"
            raise module.fail(cause, instruction.position)
    return found


def _number(instruction: Instruction) -> int:
    number = instruction.attributes.get("number", 0)
    return number if isinstance(number, int) else -1


def list_parameters(found: Sequence[Instruction]) -> list[Parameter]:
    """The entry's parameters, under the names of the program where those tell them apart."""
    stated = [each.label or None for each in found]
    if len(set(stated)) < len(stated):
        stated = [None] * len(found)  # TensorFlow calls all alike
    words = [label or _read_name(each.name) for each, label in zip(found, stated, strict=True)]
    names = WeightNames.collect(words)
    return [
        Parameter(each, label or each.name, names.find_reason(word))
        for each, label, word in zip(found, stated, words, strict=True)
    ]


def _read_name(name: str) -> str | None:
    """``params_0__w_.1`` for ``params[0]['w']``: what is left where the labels are not printed."""
    match = _TREE.fullmatch(name)
    if match is None:
        return None
    return f"{match[1]}.{match[2]}" if match[2] else match[1]


def find_aliases(
    module: Module,
    parameters: Sequence[Parameter],
    values: Mapping[Key, Value],
    root: Value,
    types: Mapping[str, TensorType],
) -> dict[int, str]:
    """By the place of an output the parameter whose memory it takes over, as the file states.

    Memory is shared only between static types of equal size; each place and parameter once.
    """
    aliases: dict[int, str] = {}
    used: set[str] = set()
    for alias in module.aliases:
        if not 0 <= alias.parameter < len(parameters):
            continue
        instruction = parameters[alias.parameter].instruction
        names = _find_names(values[instruction.key], alias.index)
        place = _find_place(root, alias.output)
        if names is None or place is None or place in aliases or names in used:
            continue
        before, after = types.get(names), types.get(root.names[place])
        if before is None or after is None or not before.is_static:
            continue
        if before.byte_size == after.byte_size:
            aliases[place] = names
            used.add(names)
    return aliases


def _find_names(value: Value, index: tuple[int, ...]) -> str | None:
    place = _find_place(value, index)
    return None if place is None else value.names[place]


def _find_place(value: Value, index: tuple[int, ...]) -> int | None:
    """Which of the flat tensors an index means; only one level of tuples is looked through."""
    if not index:
        return 0 if value.ends is None and len(value.names) == 1 else None
    if len(index) > 1 or value.ends is None or not 0 <= index[0] < len(value.ends):
        return None
    begin = value.ends[index[0] - 1] if index[0] else 0
    return begin if value.ends[index[0]] == begin + 1 else None


def count_tensors(parameters: Sequence[Parameter]) -> int:
    """Tensors of all parameters."""
    return sum(len(list_leaves(each.instruction.type)) for each in parameters)

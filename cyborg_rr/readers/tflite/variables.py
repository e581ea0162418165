"""Variables: tensors that outlive a run, which operations reach by handles.

``VAR_HANDLE`` makes a handle from a name, ``READ_VARIABLE`` and ``ASSIGN_VARIABLE`` use it, in its
own subgraph or in one that it is carried into (the parts of a loop, a call). The type of a variable
stands where it is read or assigned. One that is never assigned was set before: it holds weights,
which are not in the file. A handle that may be of several variables is of none that is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from cyborg_rr.readers.tflite.model import Subgraph, TfliteOperator, TfliteTensor

VARIABLE: Final = "VAR_HANDLE"
_READ: Final = "READ_VARIABLE"
_ASSIGN: Final = "ASSIGN_VARIABLE"
USES: Final = frozenset({_READ, _ASSIGN})
"""Operations on a handle: the last tensor that they name has the type of the variable."""

_ENTERED: Final[Mapping[str, int]] = {
    "subgraph": 0, "condition": 0, "body": 0, "then": 1, "else": 1, "branches": 1,
}  # fmt: skip
"""Options that name subgraphs, with the operand that is the first input of these."""

_SEVERAL: Final = ""
"""What a handle is called that is of no single variable."""

_MAX_WAYS: Final = 1_000_000
"""Operands that enter subgraphs: handles among more are not followed."""

Handles = Mapping[int, str]
"""The variables' names by the tensors that are their handles."""

_Tensor = tuple[int, int]
"""A subgraph, and a tensor of it."""

_Way = tuple[_Tensor, bool]
"""The tensor that one becomes, and whether it stays that one."""


@dataclass(frozen=True, slots=True)
class Variables:
    """The handles of each subgraph, a tensor of each variable's type, and which are assigned."""

    handles: Sequence[Handles]
    values: Mapping[str, TfliteTensor]
    assigned: frozenset[str]

    def find_used(self, index: int, operator: TfliteOperator) -> str | None:
        """The variable that an operator of a subgraph reads or assigns."""
        if operator.domain or operator.operation not in USES or not operator.inputs:
            return None
        return self.handles[index].get(operator.inputs[0])


def list_handles(subgraph: Subgraph) -> Handles:
    """The tensors that are handles and nothing but read or assigned, with the variables' names."""
    handles = dict(_list_made(subgraph))
    if not handles:
        return {}
    strays = set(subgraph.outputs)
    for operator in subgraph.operators:
        uses = not operator.domain and operator.operation in USES
        strays.update(operator.inputs[1:] if uses else operator.inputs)
    return {place: name for place, name in handles.items() if place not in strays}


def find_variables(subgraphs: Sequence[Subgraph]) -> Variables:
    """The variables of a model, wherever their handles are carried."""
    handles = _carry(subgraphs)
    values: dict[str, TfliteTensor] = {}
    assigned: set[str] = set()
    for subgraph, known in zip(subgraphs, handles, strict=True):
        for operator in subgraph.operators if known else ():
            name = known.get(operator.inputs[0]) if operator.inputs else None
            if name is None or operator.domain or operator.operation not in USES:
                continue
            reads = operator.operation == _READ
            places = operator.outputs if reads else operator.inputs[1:]
            if places and places[-1] >= 0:
                values.setdefault(name, subgraph.tensors[places[-1]])
            if not reads:
                assigned.add(name)
    return Variables(handles, values, frozenset(assigned))


def _list_made(subgraph: Subgraph) -> Iterator[tuple[int, str]]:
    for operator in subgraph.operators:
        if not operator.domain and operator.operation == VARIABLE and operator.outputs:
            options = operator.options
            yield operator.outputs[0], f"{options.get('container')}/{options.get('name')}"


def _carry(subgraphs: Sequence[Subgraph]) -> list[dict[int, str]]:
    """The handles that are made, and those that subgraphs are entered with.

    A tensor is followed when it is learnt, and once more when it is learnt to be of several.
    """
    names = {
        (index, tensor): name
        for index, subgraph in enumerate(subgraphs)
        for tensor, name in _list_made(subgraph)
    }
    waiting = list(names)
    ways: dict[_Tensor, list[_Way]] = {}
    for given, way in islice(_list_ways(subgraphs) if names else (), _MAX_WAYS):
        ways.setdefault(given, []).append(way)
    while waiting:
        given = waiting.pop()
        for taken, is_kept in ways.get(given, ()):
            name = names[given] if is_kept else _SEVERAL
            known = names.get(taken)
            if known in (name, _SEVERAL):
                continue
            names[taken] = name if known is None else _SEVERAL
            waiting.append(taken)
    handles: list[dict[int, str]] = [{} for _ in subgraphs]
    for (index, tensor), name in names.items():
        if name:
            handles[index][tensor] = name
    return handles


def _list_ways(subgraphs: Sequence[Subgraph]) -> Iterator[tuple[_Tensor, _Way]]:
    """From operands to the inputs of the subgraphs that they enter.

    What a loop carries is kept where its body gives back what it was entered with.
    """
    for index, subgraph in enumerate(subgraphs):
        for operator in subgraph.operators:
            body = operator.options.get("body")
            again = subgraphs[body] if isinstance(body, int) and body < len(subgraphs) else None
            for entered, first in _list_entered(operator, len(subgraphs)):
                pairs = zip(operator.inputs[first:], subgraphs[entered].inputs, strict=False)
                for place, (given, taken) in enumerate(pairs):
                    is_kept = (
                        again is None
                        or again.inputs[place : place + 1] == (again.outputs[place : place + 1])
                    )
                    yield (index, given), ((entered, taken), is_kept)


def _list_entered(operator: TfliteOperator, count: int) -> Iterator[tuple[int, int]]:
    for option, first in () if operator.domain else _ENTERED.items():
        stated = operator.options.get(option)
        for each in dict.fromkeys(stated if isinstance(stated, tuple) else (stated,)):
            if isinstance(each, int) and 0 <= each < count:
                yield each, first

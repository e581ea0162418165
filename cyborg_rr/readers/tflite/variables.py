"""Variables: tensors that outlive a run, which operations reach by handles.

``VAR_HANDLE`` makes a handle from a name, ``READ_VARIABLE`` and ``ASSIGN_VARIABLE`` use it. The
type of a variable stands where it is read or assigned. A handle that goes anywhere else (around a
loop, into a call) stays a handle, which is no work; what is read through it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cyborg_rr.readers.tflite.model import Subgraph, TfliteTensor

VARIABLE: Final = "VAR_HANDLE"
_PLACES: Final = {"READ_VARIABLE": "outputs", "ASSIGN_VARIABLE": "inputs"}
"""Where an operation on a handle names a tensor of the variable's type: the last of these."""


def list_handles(subgraph: Subgraph) -> Mapping[int, str]:
    """The tensors that are handles and nothing but read or assigned, with the variables' names."""
    handles = {
        operator.outputs[0]: f"{operator.options.get('container')}/{operator.options.get('name')}"
        for operator in subgraph.operators
        if not operator.domain and operator.operation == VARIABLE and operator.outputs
    }
    if not handles:
        return {}
    strays = set(subgraph.outputs)
    for operator in subgraph.operators:
        uses = not operator.domain and operator.operation in _PLACES
        strays.update(operator.inputs[1:] if uses else operator.inputs)
    return {place: name for place, name in handles.items() if place not in strays}


def find_variables(subgraphs: Iterable[Subgraph]) -> Mapping[str, TfliteTensor]:
    """A tensor of the type of each variable, by its name."""
    found: dict[str, TfliteTensor] = {}
    for subgraph in subgraphs:
        for name, tensor in _list_values(subgraph, list_handles(subgraph)):
            found.setdefault(name, tensor)
    return found


def _list_values(
    subgraph: Subgraph, handles: Mapping[int, str]
) -> Iterator[tuple[str, TfliteTensor]]:
    for operator in subgraph.operators if handles else ():
        side = "" if operator.domain else _PLACES.get(operator.operation, "")
        places = operator.outputs if side == "outputs" else operator.inputs[1:] if side else ()
        name = handles.get(operator.inputs[0]) if operator.inputs else None
        if name is not None and places and places[-1] >= 0:
            yield name, subgraph.tensors[places[-1]]

"""How functions of a module call one another: which are written out, which are called.

Calls are written out in their place while the whole stays in proportion to the file; a short file
could ask for a graph of astronomic size. Beyond that only small functions are, and each of the
others becomes one block, typed once and counted as often as it is called.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.naming import FUNCTION_CALLS
from cyborg_rr.readers.formats.mlir.structure import Function, Module, Operation, Region
from cyborg_rr.readers.formats.mlir.values import Symbol
from cyborg_rr.readers.kit.calling import CallSizes

MAX_CALL_DEPTH = 64

_CALL = FUNCTION_CALLS["func"]

CALLS = frozenset({"call", _CALL})
_COMPOSITE = "stablehlo.composite"
_CALLING = CALLS | {_COMPOSITE}


def find_callee(operation: Operation) -> str | None:
    """The function that an operation stands for, None for an operation that is none of ours."""
    if operation.name in CALLS:
        if operation.symbols:
            return operation.symbols[0]
        callee = operation.attributes.get("callee")
        return callee if isinstance(callee, str) else None
    if operation.name == _COMPOSITE:
        decomposition = operation.attributes.get("decomposition")
        return decomposition if isinstance(decomposition, Symbol) else None
    return None


class Plan(NamedTuple):
    """The functions that are called and not written out, callees first; all calls by native name.

    Each place of the file counts once, however often it runs.
    """

    functions: list[Function]
    calls: Mapping[str, int]


def plan_calls(module: Module, entry: Function) -> Plan:
    """What becomes of the functions that the entry calls.

    Raises ``UnreadableModel`` for recursion and for calls nested too deeply.
    """
    sizes: CallSizes[str] = CallSizes()
    calls: Counter[str] = Counter()
    open_names = {entry.name}
    stack = [_Looked(module, entry)]
    while stack:
        looked = stack[-1]
        for callee in looked.callees:
            if callee.name in open_names:
                raise UnreadableModel(
                    f"the function {callee.name[:60]!r} calls itself at "
                    f"{module.place(callee.position)}"
                )
            if callee.name not in sizes:
                open_names.add(callee.name)
                stack.append(_Looked(module, callee))
                break
        else:
            stack.pop()
            open_names.discard(looked.function.name)
            _measure(module, looked, sizes)
            calls += looked.calls
    return Plan([module.functions[name] for name in sizes.list_called(entry.name)], calls)


class _Looked:
    """A function with how many operations it has and what it calls, as often as it does."""

    def __init__(self, module: Module, function: Function) -> None:
        self.function = function
        operations = list(list_operations(function.body or []))
        self.own = len(operations)
        found = [(find_callee(each), each.name) for each in operations if each.name in _CALLING]
        known = [pair for pair in found if pair[0] is not None and pair[0] in module.functions]
        self.called = [callee for callee, _ in known if callee is not None]
        self.calls = Counter(_CALL if name in CALLS else name for _, name in known)
        self.callees = iter([module.functions[name] for name in dict.fromkeys(self.called)])


def _measure(module: Module, looked: _Looked, sizes: CallSizes[str]) -> None:
    function = looked.function
    if sizes.add(function.name, looked.own, looked.called) > MAX_CALL_DEPTH:
        raise UnreadableModel(
            f"calls are nested more than {MAX_CALL_DEPTH} deep in the function "
            f"{function.name[:60]!r} at {module.place(function.position)}"
        )


def list_operations(region: Region) -> Iterator[Operation]:
    """Every operation of a region and of the regions in it."""
    pending: list[Iterable[Operation]] = [block.operations for block in reversed(region)]
    while pending:
        for operation in pending.pop():
            yield operation
            for inner in operation.regions:
                pending.extend(block.operations for block in inner)

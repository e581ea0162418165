"""How functions of a module call one another: bounded before anything is written out.

Calls are inlined, so a short file could ask for a graph of astronomic size; the size follows from
the calls alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.formats.mlir.structure import Function, Module, Operation, Region
from cyborg_rr.readers.formats.mlir.values import Symbol
from cyborg_rr.readers.reading.limits import MAX_NODES

MAX_CALL_DEPTH = 64

CALLS = frozenset({"call", "func.call"})
_COMPOSITE = "stablehlo.composite"


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


def check_calls(module: Module, entry: Function) -> None:
    """Refuse recursion, calls nested too deeply and graphs that grow too large when inlined."""
    sizes: dict[str, int] = {}
    depths: dict[str, int] = {}
    open_names = {entry.name}
    stack = [(entry, _callees(module, entry))]
    while stack:
        function, callees = stack[-1]
        for callee in callees:
            if callee.name in open_names:
                raise UnreadableModel(
                    f"the function {callee.name[:60]!r} calls itself at "
                    f"{module.place(callee.position)}"
                )
            if callee.name not in sizes:
                open_names.add(callee.name)
                stack.append((callee, _callees(module, callee)))
                break
        else:
            stack.pop()
            open_names.discard(function.name)
            _measure(module, function, sizes, depths)


def _measure(
    module: Module, function: Function, sizes: dict[str, int], depths: dict[str, int]
) -> None:
    size, depth = 0, 0
    for operation in list_operations(function.body or []):
        size += 1
        callee = find_callee(operation)
        if callee in sizes:
            size += sizes[callee]
            depth = max(depth, depths[callee])
    if size > MAX_NODES or depth >= MAX_CALL_DEPTH:
        cause = f"calls make more than {MAX_NODES} operations"
        if depth >= MAX_CALL_DEPTH:
            cause = f"calls are nested more than {MAX_CALL_DEPTH} deep"
        where = f"in the function {function.name[:60]!r} at {module.place(function.position)}"
        raise UnreadableModel(f"{cause} {where}")
    sizes[function.name], depths[function.name] = size, depth + 1


def _callees(module: Module, function: Function) -> Iterator[Function]:
    names: dict[str, None] = {}
    for operation in list_operations(function.body or []):
        name = find_callee(operation)
        if name is not None:
            names[name] = None
    return iter([module.functions[name] for name in names if name in module.functions])


def list_operations(region: Region) -> Iterator[Operation]:
    """Every operation of a region and of the regions in it."""
    pending: list[Iterable[Operation]] = [block.operations for block in reversed(region)]
    while pending:
        for operation in pending.pop():
            yield operation
            for inner in operation.regions:
                pending.extend(block.operations for block in inner)

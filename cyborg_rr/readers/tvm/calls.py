"""Which global functions are written out where they are called, and which stay functions."""

from __future__ import annotations

from collections.abc import Iterator

from cyborg_rr.readers.kit.calling import CallSizes
from cyborg_rr.readers.tvm.program import (
    Body,
    Branch,
    Closure,
    Function,
    Invoke,
    Program,
    Statement,
)


def list_statements(body: Body) -> Iterator[Statement]:
    """All statements of a body and of the bodies in it."""
    pending = [body]
    while pending:
        for statement in pending.pop().statements:
            yield statement
            if isinstance(statement, Branch):
                pending.extend((statement.yes, statement.no))
            elif isinstance(statement, Closure):
                pending.append(statement.function.body)


def plan_calls(program: Program, entry: Function) -> tuple[list[Function], int]:
    """Functions that are called and not written out, callees first; how much may be written.

    A function that calls itself is no callee of its own: ``lowering`` says that it does.
    """
    sizes: CallSizes[str] = CallSizes()
    pending: list[tuple[Function, list[str]]] = [(entry, _list_callees(program, entry))]
    entered = {entry.name}
    while pending:
        function, callees = pending[-1]
        new = next((name for name in callees if name not in entered), None)
        if new is not None:
            entered.add(new)
            callee = program.functions[new]
            pending.append((callee, _list_callees(program, callee)))
            continue
        pending.pop()
        own = sum(1 for _ in list_statements(function.body))
        sizes.add(function.name, own, [name for name in callees if name in sizes])
    called = [program.functions[name] for name in sizes.list_called(entry.name)]
    return called, sizes.allowed


def _list_callees(program: Program, function: Function) -> list[str]:
    """The global functions that it calls, each as often as it does."""
    return [
        statement.callee
        for statement in list_statements(function.body)
        if isinstance(statement, Invoke)
        and statement.is_global
        and statement.callee in program.functions
    ]

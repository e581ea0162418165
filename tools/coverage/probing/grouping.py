"""Many calls asked about at once: a module of all that is taken says yes to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from probing.stablehlo import Call

AskCalls = Callable[[Sequence[Call]], str]
"""What a tool says against a module that makes all calls; nothing when it takes it."""

_MOST = 32


def ask_each(ask: AskCalls, calls: Sequence[Call]) -> dict[Call, str]:
    """What the tool says against each call; refused ones are found by halving."""
    found: dict[Call, str] = {}
    for start in range(0, len(calls), _MOST):
        _halve(ask, calls[start : start + _MOST], found)
    return found


def _halve(ask: AskCalls, calls: Sequence[Call], found: dict[Call, str]) -> None:
    said = ask(calls) if calls else ""
    if not said or len(calls) == 1:
        found.update(dict.fromkeys(calls, said))
        return
    middle = len(calls) // 2
    _halve(ask, calls[:middle], found)
    _halve(ask, calls[middle:], found)

"""Many calls asked about at once: a module of all that is taken says yes to each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from probing.stablehlo import Call

AskCalls = Callable[[Sequence[Call]], str]
"""What a tool says against a module that makes all calls; nothing when it takes it."""

_MOST = 32


def ask_each(ask: AskCalls, calls: Sequence[Call], alone: Collection[str] = ()) -> dict[Call, str]:
    """What the tool says against each call; refused ones are found by halving.

    Calls in element types that are ``alone`` are not put with others: they may take long.
    """
    found: dict[Call, str] = {}
    slow = [call for call in calls if any(name in alone for name in call.inputs)]
    others = [call for call in calls if call not in slow]
    for start in range(0, len(others), _MOST):
        _halve(ask, others[start : start + _MOST], found)
    for call in slow:
        found[call] = ask([call])
    return found


def _halve(ask: AskCalls, calls: Sequence[Call], found: dict[Call, str]) -> None:
    said = ask(calls) if calls else ""
    if not said or len(calls) == 1:
        found.update(dict.fromkeys(calls, said))
        return
    middle = len(calls) // 2
    _halve(ask, calls[:middle], found)
    _halve(ask, calls[middle:], found)

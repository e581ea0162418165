"""Errors of the domain as answers: the caller raises what the other side raised, and no more.

oslo.messaging can carry exceptions itself, but appends the far side's traceback to their text,
which would then stand in front of tenants and in the database.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from cyborg_rr.domain.errors import BY_CODE, CyborgError

_ANSWER, _REFUSAL = "answer", "refusal"

NAMES_OF_THE_FIRST_RELEASE = frozenset(
    {
        "AgentUnavailable",
        "BadCatalogue",
        "Conflict",
        "CyborgError",
        "Forbidden",
        "HandleInUse",
        "InvalidInput",
        "InvalidState",
        "NoFreeHandle",
        "NotFound",
        "UnreadableModel",
    }
)
"""What release 0.0.1 has in its ``domain/errors.py``: any other name is a fault to its API, 500."""

NEAREST_TO_THE_FIRST_RELEASE = {
    "LimitsUnavailable": "AgentUnavailable",
    "PlacementUnavailable": "AgentUnavailable",
}
"""Kinds without an ancestor that says as much: what passes is 503 there as well."""


def answers_errors(method: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Decorator of an endpoint's method: its errors of the domain go back as answers.

    Arguments that it does not know come from a caller of a later minor version and are dropped;
    one without which the call would mean something else makes a method of another name.
    """
    known = frozenset(inspect.signature(method).parameters)

    @functools.wraps(method)
    def answer(*arguments: Any, **named: Any) -> dict[str, Any]:
        try:
            understood = {name: value for name, value in named.items() if name in known}
            return {_ANSWER: method(*arguments, **understood)}
        except CyborgError as error:
            kind = _find_shared(error)
            return {
                _REFUSAL: {
                    "code": kind.code,
                    "error": _find_first_name(kind),
                    "arguments": list(error.args),
                }
            }

    return answer


def _find_shared(error: CyborgError) -> type[CyborgError]:
    """The error's own kind, or its nearest ancestor that the other side knows too."""
    return next(kind for kind in type(error).__mro__ if kind in BY_CODE.values())


def _find_first_name(kind: type[CyborgError]) -> str:
    """The name by which a process of the first release, which looks at no code, knows a kind."""
    names = (
        NEAREST_TO_THE_FIRST_RELEASE.get(each.__name__, each.__name__) for each in kind.__mro__
    )
    return next(name for name in names if name in NAMES_OF_THE_FIRST_RELEASE)


def read_answer(answer: Mapping[str, Any]) -> Any:
    """What the method returned; raises what it raised."""
    refusal = answer.get(_REFUSAL)
    if refusal is None:
        return answer[_ANSWER]
    raise _find_kind(refusal)(*refusal["arguments"])


def _find_kind(refusal: Mapping[str, Any]) -> type[CyborgError]:
    """The kind of a refusal by its code, or by its name where the first release sent it."""
    if "code" in refusal:
        return BY_CODE.get(refusal["code"], CyborgError)
    names = {kind.__name__: kind for kind in BY_CODE.values()}
    return names.get(refusal["error"], CyborgError)

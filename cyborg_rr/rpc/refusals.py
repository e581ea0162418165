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
            refusal = {"code": kind.code, "error": kind.__name__, "arguments": list(error.args)}
            return {_REFUSAL: refusal}  # processes of the first release look at the name

    return answer


def _find_shared(error: CyborgError) -> type[CyborgError]:
    """The error's own kind, or its nearest ancestor that the other side knows too."""
    return next(kind for kind in type(error).__mro__ if kind in BY_CODE.values())


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

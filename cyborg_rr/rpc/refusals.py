"""Errors of the domain as answers: the caller raises what the other side raised, and no more.

oslo.messaging can carry exceptions itself, but appends the far side's traceback to their text,
which would then stand in front of tenants and in the database.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from cyborg_rr.domain import errors
from cyborg_rr.domain.errors import CyborgError

_ANSWER, _REFUSAL = "answer", "refusal"


def answers_errors(method: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Decorator of an endpoint's method: its errors of the domain go back as answers."""

    @functools.wraps(method)
    def answer(*arguments: Any, **named: Any) -> dict[str, Any]:
        try:
            return {_ANSWER: method(*arguments, **named)}
        except CyborgError as error:
            return {_REFUSAL: {"error": _name_of(error), "arguments": list(error.args)}}

    return answer


def _name_of(error: CyborgError) -> str:
    """The error's own name, or that of its nearest ancestor which the other side knows too."""
    return next(kind.__name__ for kind in type(error).__mro__ if _find_error(kind.__name__) is kind)


def _find_error(name: str) -> type[CyborgError] | None:
    kind = getattr(errors, name, None)
    return kind if isinstance(kind, type) and issubclass(kind, CyborgError) else None


def read_answer(answer: Mapping[str, Any]) -> Any:
    """What the method returned; raises what it raised."""
    refusal = answer.get(_REFUSAL)
    if refusal is None:
        return answer[_ANSWER]
    kind = _find_error(refusal["error"]) or CyborgError
    raise kind(*refusal["arguments"])

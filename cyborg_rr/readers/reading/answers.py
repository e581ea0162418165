"""What the reading process tells the process that started it: one JSON document, or how it ended.

Errors cross with their code and become the same class on the other side; nobody looks at a text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cyborg_rr.domain.errors import InvalidInput, UnreadableModel

OUT_OF_MEMORY = 3
"""Exit status of a process that its limit on memory stopped; Python itself ends with 1 or 2."""

MAX_ANSWER_BYTES = 64 * 1024**2

_REFUSALS: Mapping[str, type[InvalidInput]] = MappingProxyType(
    {kind.code: kind for kind in (InvalidInput, UnreadableModel)}
)


def render_requirement(document: dict[str, Any]) -> str:
    """The answer of a reading that went well; a refusal where it would be too long."""
    answer = json.dumps({"requirement": document})
    if len(answer) > MAX_ANSWER_BYTES:
        return render_refusal(UnreadableModel("the model has too many distinct parts"))
    return answer


def render_refusal(error: InvalidInput) -> str:
    """The answer of a reading that was refused."""
    return json.dumps({"error": {"code": error.code, "message": str(error)}})


def parse_answer(answer: bytes) -> dict[str, Any]:
    """The requirement document. Raises the error that the answer holds."""
    document: dict[str, Any] = json.loads(answer)
    if "error" in document:
        raise _REFUSALS[document["error"]["code"]](document["error"]["message"])
    requirement: dict[str, Any] = document["requirement"]
    return requirement

"""What the reading process tells the process that started it: one JSON document, or how it ended.

Errors cross with their code and become the same class on the other side; nobody looks at a text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from cyborg_rr.domain.errors import InvalidInput, UnreadableModel

OUT_OF_MEMORY = 3
"""Exit status of a process that its limit on memory stopped; Python itself ends with 1 or 2."""

MAX_ANSWER_BYTES = 64 * 1024**2

_READER: Final = "in the reader "
"""Begins the last line of a complaint, before the name of the reader that failed."""

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


@contextmanager
def naming_reader(name: str) -> Iterator[None]:
    """Let an error that comes out of a reader, which may be anybody's, say which one it was."""
    try:
        yield
    except Exception as error:
        error.add_note(f"{_READER}{name}")
        raise


def explain_complaint(complaint: str) -> str:
    """Which reader failed with which error, from the end of its traceback."""
    *others, last = complaint.strip().splitlines() or [""]
    reader = last.removeprefix(_READER) if last.startswith(_READER) else ""
    error = (others or [""])[-1] if reader else last or "no reason given"
    kind = error.partition(":")[0].rpartition(".")[2][:100]
    named = f"the reader {reader[:100]}" if reader else "the reader"
    return f"{named} failed ({kind}); this is a fault of the reader, please report it"

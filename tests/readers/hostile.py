"""What every reader owes a file that was made to hurt: an end that comes soon, told in one line."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.reading.reader import Reader
from cyborg_rr.readers.reading.source import Source
from tests.patience import ends_soon

MOST_CHARACTERS = 400


def refuse(reader: Reader, source: Source, cause: str | None = None) -> str:
    """The message of the refusal, which comes soon and for that cause (an expression)."""
    with pytest.raises(UnreadableModel, match=cause) as refusal:
        ends_soon(lambda: reader.read(source))
    message = _check(refusal.value)
    assert len(message) < MOST_CHARACTERS
    return message


def endure(reader: Reader, source: Source) -> str | None:
    """The message of the refusal, None where it was read; soon, and nothing else."""
    try:
        ends_soon(lambda: (reader.recognises(source), reader.read(source)))
    except UnreadableModel as refusal:
        return _check(refusal)
    return None


def _check(refusal: UnreadableModel) -> str:
    message = str(refusal)
    assert message
    assert message.isprintable()
    return message

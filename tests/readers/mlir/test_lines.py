"""Lines that are read by one match mean what they mean token by token."""

from __future__ import annotations

import re

import pytest

from tests.readers.mlir.files import FILES, read, read_text

_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*')


@pytest.mark.parametrize("name", FILES)
def test_a_sample_with_wide_spaces_is_the_same_model(name: str) -> None:
    text = _COMMENT.sub(lambda match: match[1] or "", FILES[name].read_text())
    spaced = re.sub(r'("(?:[^"\\\n]|\\.)*")| : ', lambda match: match[1] or "  :  ", text)
    assert repr(read_text(spaced)) == repr(read(name)).replace(repr(name), repr("text"), 1)

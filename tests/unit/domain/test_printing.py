"""How counts and the text of others are written."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.printing import name_count, render_printable


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 attach handles"), (1, "1 attach handle"), (2, "2 attach handles")]
)
def test_one_thing_has_no_plural(count: int, text: str) -> None:
    assert name_count(count, "attach handle") == text


def test_what_acts_on_a_terminal_is_written_as_an_escape() -> None:
    assert render_printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\n"

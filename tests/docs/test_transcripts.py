"""What the documentation shows of commands is a real run of them, at 80 columns."""

from __future__ import annotations

import pytest

from tests.architecture.tree import ROOT
from tests.docs.transcripts import COMMANDS, README, normalise, read, render_readme, run

_PAGES = ROOT / "doc" / "source" / "user"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_what_the_documentation_shows(name: str) -> None:
    assert normalise(run(name)) == normalise(read(name))


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_shown_fits_80_columns(name: str) -> None:
    assert [line for line in read(name).splitlines() if len(line) > 80] == []


def test_the_readme_has_the_transcript_of_the_demonstration() -> None:
    assert README.read_text() == render_readme(read("demo.txt"))


@pytest.mark.parametrize("name", COMMANDS)
def test_each_transcript_stands_on_a_page_after_its_command(name: str) -> None:
    pages = "".join(page.read_text() for page in _PAGES.glob("*.rst"))
    assert f".. literalinclude:: {name}\n" in pages
    assert name == "demo.txt" or f"cyborg-rr {COMMANDS[name]}\n" in pages

"""Every family of models that is read has a page of its own and its row in the table."""

from __future__ import annotations

import re

import pytest

from cyborg_rr.readers.huggingface.towers.table import MODELS
from cyborg_rr.readers.reading.detection import list_readers
from tests.architecture.tree import ROOT

_PAGES = ROOT / "doc" / "source" / "user"
FAMILIES = [name for name, _ in list_readers()]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_its_page_and_its_row(family: str) -> None:
    assert (_PAGES / "formats" / f"{family}.rst").is_file()
    assert f"* - :doc:`{family} <formats/{family}>`" in (_PAGES / "formats.rst").read_text()


def test_there_is_no_page_or_row_of_a_family_that_is_not_read() -> None:
    rows = re.findall(r"\* - :doc:`(\w+) <", (_PAGES / "formats.rst").read_text())
    pages = [path.stem for path in (_PAGES / "formats").glob("*.rst")]
    assert sorted(rows) == sorted(pages) == sorted(FAMILIES)


def test_the_models_with_towers_are_those_that_are_drawn() -> None:
    page = (_PAGES / "formats" / "huggingface.rst").read_text()
    listed = page.partition(".. towers")[2].partition(".. end of towers")[0]
    assert re.findall(r"``([^`]+)``", listed) == sorted(MODELS)

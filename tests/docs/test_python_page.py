"""The page on the Python entry: what it shows is what happens, and it names all there is."""

from __future__ import annotations

import doctest
import re

from cyborg_rr import offline
from tests.architecture.tree import ROOT

_PAGE = ROOT / "doc" / "source" / "user" / "python.rst"


def test_the_examples_of_the_page_do_what_they_show() -> None:
    failed, tried = doctest.testfile(
        str(_PAGE), module_relative=False, optionflags=doctest.ELLIPSIS
    )
    assert tried > 10
    assert failed == 0


def test_the_page_names_everything_that_is_promised() -> None:
    named = set(re.findall(r"``(\w+)(?:\(\))?``", _PAGE.read_text()))
    assert set(offline.__all__) - named == set()

"""The table that people read is drawn as prettytable draws it."""

from __future__ import annotations

import pytest
from prettytable import PrettyTable

from cyborg_rr.cli.rendering.table import render_table

ROWS = {
    "nothing": [],
    "numbers": [["a", 1], ["bc", "23456"]],
    "lines": [["a", "1\n22\n"], ["b\nc", "3"]],
    "long": [["a", "word " * 30], ["b", "x" * 100]],
    "wide": [["名前", "é"], ["a", "e\u0301"]],
}


@pytest.mark.parametrize("name", ROWS)
def test_a_table_looks_as_the_library_draws_it(name: str) -> None:
    expected = PrettyTable(["field", "value"], align="l")
    expected.max_width["value"] = 40
    expected.add_rows(ROWS[name])
    drawn = render_table(("field", "value"), ROWS[name], 40)
    assert [line.rstrip() for line in drawn.splitlines()] == str(expected).splitlines()

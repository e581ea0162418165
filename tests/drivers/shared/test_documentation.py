"""The documentation of drivers names what is there."""

from __future__ import annotations

import re

from cyborg_rr.drivers.loading import list_available
from cyborg_rr.drivers.whole_function.families import load_families
from tests.architecture.tree import ROOT
from tests.drivers.trees import list_trees, load_tree

TEXT = (ROOT / "doc/source/drivers.rst").read_text()
GENERIC = "pci"


def read_status() -> dict[str, str]:
    """The rows of the table of states, by driver."""
    table = TEXT.partition("\nStatus\n")[2].partition("\nFamilies of which")[0]
    rows = re.split(r"^   \* - ", table, flags=re.M)[1:]
    return {name[1]: row for row in rows if (name := re.match(r"``(\w+)``", row))}


def test_every_driver_of_its_own_has_a_state_and_the_families_a_table_that_is_made() -> None:
    assert set(read_status()) == set(list_available()) - set(load_families())
    assert ".. driver-families::" in TEXT


def test_a_state_names_the_trees_of_its_driver_and_where_they_are_from() -> None:
    for driver, row in read_status().items():
        own = {name for name in list_trees() if driver in load_tree(name).drivers}
        named = set(re.findall(r"``([\w-]+)``", row)) & set(list_trees())
        if driver == GENERIC:
            assert "all the trees below" in row
            assert own == set(list_trees())
        else:
            assert named == own, driver
        origins = set(re.findall(r"\((recorded|documentation)\)", row))
        assert origins == {load_tree(name).origin for name in named}, driver

"""The check that runs before the tests."""

from importlib.metadata import EntryPoint

from tests.installed import find_reinstall_advice, list_missing

PYPROJECT = """
[project.entry-points."cyborg_rr.drivers"]
old = "cyborg_rr.drivers.old:Old"
new = "cyborg_rr.drivers.new:New"
"""


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, "cyborg_rr.drivers")


def test_an_entry_point_that_is_new_or_points_elsewhere_is_not_installed() -> None:
    old, new = point("old", "cyborg_rr.drivers.old:Old"), point("new", "cyborg_rr.drivers.new:New")
    assert list_missing(PYPROJECT, lambda _: [old, new]) == []
    assert list_missing(PYPROJECT, lambda _: [old]) == ["cyborg_rr.drivers: new"]
    moved = point("old", "cyborg_rr.drivers.older:Old")
    assert list_missing(PYPROJECT, lambda _: [moved, new]) == ["cyborg_rr.drivers: old"]


def test_this_checkout_is_what_is_installed() -> None:
    assert find_reinstall_advice() is None

"""Sysfs trees kept as data, put on disk for a test.

Their form is what ``cyborg-rr record`` writes. ``nvml`` (the answers of NVIDIA's library by
address) and ``configuration`` (which options a case is about) are for the test to use; both may be
missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from cyborg_rr.drivers.recording.replay import write_tree

DATA = Path(__file__).parents[1] / "data" / "sysfs"


@dataclass(frozen=True)
class Expected:
    """What a driver has on a tree: so many devices; ``victim`` is a function of one of them."""

    devices: int
    victim: str | None = None


@dataclass(frozen=True)
class Tree:
    """One tree: where it comes from, whose it is, and its directories with their entries."""

    name: str
    origin: str
    source: str
    drivers: dict[str, Expected]
    entries: dict[str, dict[str, str]]
    nvml: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    configuration: str = ""

    def keep_vendor_of(self, address: str) -> Tree:
        """Without the functions of other vendors, which no driver of this one's looks at.

        To write them for each damage takes most of the time of such a test.
        """
        vendors = {
            directory.rpartition("/")[2]: entries["vendor"]
            for directory, entries in self.entries.items()
            if "vendor" in entries
        }
        on_the_way = {
            name
            for directory in self.entries
            if vendors.get(directory.rpartition("/")[2]) == vendors[address]
            for name in directory.split("/")
        }
        others = {name for name in vendors.keys() - on_the_way if vendors[name] != vendors[address]}
        entries = {
            directory: {
                name: value
                for name, value in entries.items()
                if name not in others and others.isdisjoint(value.split("/"))
            }
            for directory, entries in self.entries.items()
            if others.isdisjoint(directory.split("/"))
        }
        return replace(self, entries=entries)

    def write(self, root: Path) -> Path:
        """Make the files and links below ``root``; each text ends with a line end, as in sysfs."""
        return write_tree(self.entries, root)


def list_trees() -> list[str]:
    """Names of all trees."""
    return sorted(path.parent.name for path in DATA.glob("*/tree.yaml"))


@cache
def load_tree(name: str) -> Tree:
    """Read one tree of ``tests/data/sysfs``."""
    return parse_tree(name, (DATA / name / "tree.yaml").read_text())


def parse_tree(name: str, text: str) -> Tree:
    """A tree from the text of its file; other keys are for people."""
    document = yaml.safe_load(text)
    expected = document.get("drivers", {})
    return Tree(
        name=name,
        origin=document["origin"],
        source=document["source"],
        drivers={driver: Expected(**said) for driver, said in expected.items()},
        entries=document["entries"],
        nvml=document.get("nvml", {}),
        configuration=document.get("configuration", ""),
    )

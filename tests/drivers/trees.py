"""Sysfs trees kept as data, put on disk for a test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

DATA = Path(__file__).parents[1] / "data" / "sysfs"
LINK = "-> "
HEX = "0x"
CONFIG = "config"


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

    def write(self, root: Path) -> Path:
        """Make the files and links below ``root``; each text ends with a line end, as in sysfs."""
        for directory, entries in self.entries.items():
            (root / directory).mkdir(parents=True, exist_ok=True)
            for name, value in entries.items():
                path = root / directory / name
                if value.startswith(LINK):
                    path.symlink_to(value.removeprefix(LINK))
                elif name == CONFIG and value.startswith(HEX):
                    path.write_bytes(bytes.fromhex(value.removeprefix(HEX)))
                else:
                    path.write_text(f"{value}\n")
        return root


def list_trees() -> list[str]:
    """Names of all trees."""
    return sorted(path.parent.name for path in DATA.glob("*/tree.yaml"))


@cache
def load_tree(name: str) -> Tree:
    """Read one tree."""
    document = yaml.safe_load((DATA / name / "tree.yaml").read_text())
    drivers = {driver: Expected(**expected) for driver, expected in document["drivers"].items()}
    return Tree(name, document["origin"], document["source"], drivers, document["entries"])

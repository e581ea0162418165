"""Sysfs trees kept as data, put on disk for a test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

DATA = Path(__file__).parents[1] / "data" / "sysfs"
LINK = "-> "


@dataclass(frozen=True)
class Tree:
    """One tree: where it comes from, and its directories with their entries."""

    name: str
    origin: str
    source: str
    entries: dict[str, dict[str, str]]

    def write(self, root: Path) -> Path:
        """Make the files and links below ``root``; each file ends with a line end, as in sysfs."""
        for directory, entries in self.entries.items():
            (root / directory).mkdir(parents=True, exist_ok=True)
            for name, value in entries.items():
                path = root / directory / name
                if value.startswith(LINK):
                    path.symlink_to(value.removeprefix(LINK))
                else:
                    path.write_text(f"{value}\n")
        return root


def list_trees() -> list[str]:
    """Names of all trees."""
    return sorted(path.parent.name for path in DATA.glob("*/tree.yaml"))


def load_tree(name: str) -> Tree:
    """Read one tree."""
    document = yaml.safe_load((DATA / name / "tree.yaml").read_text())
    return Tree(name, document["origin"], document["source"], document["entries"])

"""Sysfs trees on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.drivers.trees import list_trees, load_tree


@pytest.fixture(scope="session")
def shared_trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every tree by name, for tests that only read."""
    root = tmp_path_factory.mktemp("sysfs")
    return {name: load_tree(name).write(root / name) for name in list_trees()}


@pytest.fixture
def write_tree(tmp_path: Path) -> Callable[..., Path]:
    """A tree of one's own, to be damaged; of a victim, with what is of its vendor alone."""

    def write(name: str, victim: str | None = None) -> Path:
        tree = load_tree(name)
        kept = tree if victim is None else tree.keep_vendor_of(victim)
        return kept.write(tmp_path / name)

    return write

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
def write_tree(tmp_path: Path) -> Callable[[str], Path]:
    """A tree of one's own, to be damaged."""
    return lambda name: load_tree(name).write(tmp_path / name)

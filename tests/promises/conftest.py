"""A copy of the package for every promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.promises.copied import CopiedPackage


@pytest.fixture
def package(tmp_path: Path) -> CopiedPackage:
    """A copy of the package as it is."""
    return CopiedPackage(tmp_path)

"""Fixtures of the matching tests, and the option that writes golden files anew."""

from __future__ import annotations

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from tests.shipped import load


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest tests/matching --update-golden`` replaces the expected verdicts."""
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


@pytest.fixture
def updates_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written."""
    return bool(request.config.getoption("--update-golden", default=False))


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    return load()

"""Fixtures that every kind of test may use."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.installed import find_reinstall_advice
from tests.servers.server import REQUIRE_SERVERS

pytest_plugins = ["tests.servers.fixtures"]

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
"""How long an example takes says how busy the machine is: nothing is timed in a test."""

SLOW_FIRST = ("processes", "promises", "services", "devstack", "servers", "db", "cli", "api")
"""Folders whose tests take seconds, the longest first: begun last, one would run on alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first; what takes milliseconds fills up the workers at the end."""
    folder = Path(__file__).parent
    ranks = {name: rank for rank, name in enumerate(SLOW_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(folder).parts[0], len(SLOW_FIRST)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Keep libraries and tests, which all stay, out of the sight of the garbage collector.

    It would look through their hundreds of thousands of objects again and again.
    """
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def pytest_configure() -> None:
    """Say at once that the package must be installed again, not as a failure of many tests."""
    advice = find_reinstall_advice()
    if advice is not None:
        raise pytest.UsageError(advice)


@pytest.fixture
def shellcheck() -> str:
    """Path of shellcheck; the test is skipped, or fails where servers are required, without it."""
    found = shutil.which("shellcheck")
    if found is None:
        reason = "needs the program 'shellcheck', which is not installed"
        if os.environ.get(REQUIRE_SERVERS) == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return found

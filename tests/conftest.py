"""Fixtures that every kind of test may use."""

import os
import shutil

import pytest

from tests.installed import find_reinstall_advice
from tests.servers.server import REQUIRE_SERVERS

pytest_plugins = ["tests.servers.fixtures"]


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

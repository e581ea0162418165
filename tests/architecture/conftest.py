"""Fixtures of the tests that look at the tree."""

import os
import shutil

import pytest

from tests.servers.fixtures import REQUIRE_SERVERS


@pytest.fixture
def shellcheck() -> str:
    """Path of shellcheck; the test is skipped, or fails where servers are required, without it."""
    found = shutil.which("shellcheck")
    if found is None:
        if os.environ.get(REQUIRE_SERVERS) == "1":
            pytest.fail("shellcheck is not installed", pytrace=False)
        pytest.skip("needs the program 'shellcheck', which is not installed")
    return found

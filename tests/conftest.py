"""Fixtures that every kind of test may use."""

import os
import shutil
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.installed import find_reinstall_advice
from tests.servers.server import REQUIRE_SERVERS

pytest_plugins = ["tests.servers.fixtures"]

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
"""How long an example takes says how busy the machine is: nothing is timed in a test."""

SLOW_FIRST = (
    "processes", "promises", "services", "placement", "clients", "devstack", "servers", "nova",
    "liveness", "auditing", "quota", "db", "cli", "api",
)  # fmt: skip
"""Folders whose tests take seconds, the longest first: begun last, one would run on alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every worker begin with a share of what takes long; milliseconds fill them up at the end.

    ``--dist worksteal`` gives each worker one run of the list: all that takes long would be the
    first one's, and only what others steal from its end would be done beside it.
    """
    folder = Path(__file__).parent
    ranks = {name: rank for rank, name in enumerate(SLOW_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(folder).parts[0], len(SLOW_FIRST)))
    is_slow = [item.path.relative_to(folder).parts[0] in ranks for item in items]
    count = is_slow.count(True)
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = deal(items[:count], items[count:], workers)


def deal(slow: list[pytest.Item], quick: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """The tests in the order of the workers, each with whole files of the slow ones first."""
    files = [list(group) for _, group in groupby(slow, key=lambda item: item.path)]
    left = len(slow) + len(quick)
    dealt: list[pytest.Item] = []
    for worker in range(workers):
        hand = [item for file in files[worker::workers] for item in file]
        size = left // (workers - worker)
        filled, quick = quick[: max(size - len(hand), 0)], quick[max(size - len(hand), 0) :]
        dealt += hand + filled
        left -= len(hand) + len(filled)
    return dealt + quick


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

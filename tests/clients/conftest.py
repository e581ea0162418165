"""One service for all tests here, since it takes seconds to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.service import Running, running
from tests.servers.fixtures import make_realm


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with an FPGA and two GPUs, that asks Keystone about callers.

    Tests must not mind what others left there, and let go of what they bound.
    """
    with running(make_realm(), tmp_path_factory.mktemp("service")) as service:
        yield service

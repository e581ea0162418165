"""One service for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.service import Running, running
from tests.servers.realm import Realm


@pytest.fixture(scope="module")
def service(realm: Realm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with an FPGA and two GPUs, that asks Keystone about callers."""
    with running(realm, tmp_path_factory.mktemp("service")) as service:
        yield service

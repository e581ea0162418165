"""Database or bus away: every operation is answered with 503 in bounded time, and comes back."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from oslo_db import exception as db_exception

from cyborg_rr.api.operations import list_routes
from cyborg_rr.api.request.path import Route
from cyborg_rr.conf.opts import make_config
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import make_transport
from cyborg_rr.rpc.waiting import Waiting
from tests.api.stage import NEWEST, Answer, Stage

HOST = "compute-1"
UUID = "99999999-2222-3333-4444-555555555555"
MOST_SECONDS = 30
DISCOVERY = ("", "v2")
NEEDS_NO_ROW = {
    ("DELETE", "attributes"): 400,  # it only says that it is none
    ("POST", "matches"): 400,
}
"""What is answered before any dependency is asked."""


@contextmanager
def lost(stage: Stage) -> Iterator[None]:
    """A database that refuses connections, for a while."""
    pool: Any = stage.database.engine.pool

    def broken(*_arguments: object) -> None:
        raise db_exception.DBConnectionError("gone")

    stage.database.engine.dispose()
    pool = stage.database.engine.pool
    made, pool._creator = pool._creator, broken
    try:
        yield
    finally:
        pool._creator = made


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A service with a host and a bound request."""
    stage = Stage(tmp_path_factory.mktemp("away"))
    stage.add_host(HOST, handles=4)
    yield stage
    stage.close()


def list_shown(stage: Stage) -> list[Route]:
    """Every operation but those that only tell of versions."""
    return [route for route in list_routes(stage.services) if route.path not in DISCOVERY]

"""What callers are told of the trouble of those that they call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.domain.hardware.hosts import AgentPlace
from cyborg_rr.domain.requests import Mandate
from cyborg_rr.rpc.agent_client import AgentClient
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import (
    AGENT_TOPIC,
    CONDUCTOR_TOPIC,
    TARGET,
    RemoteError,
    make_server,
    make_transport,
)


class Faulty:
    """An endpoint whose methods fail as nobody foresaw, in the form that a real bus gives it."""

    target = TARGET

    def unbind(self, _context: Any, **_arguments: Any) -> None:
        raise RemoteError("ZeroDivisionError", "a bug")

    release = unbind


@pytest.fixture
def transport() -> Iterator[Any]:
    """A bus with a conductor and an agent that are faulty."""
    transport = make_transport(make_config([], files=[]), "fake://")
    servers = [
        make_server(transport, topic, "host-1", [Faulty()])
        for topic in (CONDUCTOR_TOPIC, AGENT_TOPIC)
    ]
    for server in servers:
        server.start()
    yield transport
    for server in servers:
        server.stop()


def test_a_fault_of_the_conductor_is_no_silence_of_the_bus(transport: Any) -> None:
    with pytest.raises(RemoteError, match="a bug"):
        ConductorClient(transport, 10).unbind(["arq"], Mandate())


def test_a_fault_of_an_agent_fails_the_bind_with_its_cause(transport: Any) -> None:
    with pytest.raises(AgentUnavailable, match="agent host-1 failed in release: a bug"):
        AgentClient(transport, 10).release(AgentPlace("host-1", "host-1"), [])

"""What callers are told of the trouble of those that they call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.domain.hardware.hosts import AgentPlace, HostIdentity
from cyborg_rr.domain.requests import Mandate
from cyborg_rr.rpc.agent_client import AgentClient
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import AGENT_TOPIC, CONDUCTOR_TOPIC, TARGET, RemoteError, make_server
from tests.memory_bus import make_memory_bus


class Faulty:
    """An endpoint whose methods fail as nobody foresaw, in the form that a real bus gives it."""

    target = TARGET

    def unbind(self, _context: Any, **_arguments: Any) -> None:
        raise RemoteError("ZeroDivisionError", "a bug")

    release = unbind

    def report_changes(self, _context: Any, agent: str, **_arguments: Any) -> None:
        raise RemoteError(agent, "no such thing")


class Older:
    """A conductor that has no method for changes."""

    target = TARGET


SELF = HostIdentity("id", "", "node", "run")


@pytest.fixture
def transport() -> Iterator[Any]:
    """A bus with a conductor and an agent that are faulty."""
    transport = make_memory_bus(make_config([], files=[]))
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


def test_a_conductor_that_does_not_know_of_changes_takes_none(transport: Any) -> None:
    client = ConductorClient(transport, 10)
    assert not client.report_changes("NoSuchMethod", {}, SELF)
    with pytest.raises(RemoteError, match="no such thing"):
        client.report_changes("ValueError", {}, SELF)


def test_a_conductor_of_an_earlier_release_takes_no_changes() -> None:
    transport = make_memory_bus(make_config([], files=[]))
    server = make_server(transport, CONDUCTOR_TOPIC, "host-1", [Older()])
    server.start()
    try:
        assert not ConductorClient(transport, 10).report_changes("agent", {}, SELF)
    finally:
        server.stop()

"""A server of the bus that ends while calls come all the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import leases
from cyborg_rr.rpc.transport import (
    TARGET,
    MessagingTimeout,
    make_client,
    make_server,
    make_transport,
    stop_server,
)
from tests.services.conftest import Cloud

TOPIC = "ending"
CALLERS = 8
TIMEOUT_SECONDS = 6.0
SERVE_SECONDS = 0.05


class Slow:
    """Answers after a while, by its name."""

    target = TARGET

    def __init__(self, name: str) -> None:
        self._name = name

    def ask(self, _context: Any) -> str:
        """The name of who answers."""
        time.sleep(SERVE_SECONDS)
        return self._name


@pytest.fixture
def transport(rabbit_url: str) -> Iterator[Any]:
    """A transport on a real broker."""
    made = make_transport(make_config([], program="test", files=[]), rabbit_url)
    yield made
    made.cleanup()


def start(transport: Any, name: str) -> Any:
    """A server that answers slowly."""
    server = make_server(transport, TOPIC, name, [Slow(name)])
    server.start()
    return server


def call_until(stopping: threading.Event, transport: Any) -> list[str]:
    """Who answered each call; ``silence`` where nobody did."""
    answers = []
    client = make_client(transport, TOPIC, TIMEOUT_SECONDS)
    while not stopping.is_set():
        try:
            answers.append(client.call({}, "ask"))
        except MessagingTimeout:
            answers.append("silence")
    return answers


def test_no_call_is_lost_while_one_of_two_servers_ends(transport: Any) -> None:
    first, second = start(transport, "first"), start(transport, "second")
    stopping = threading.Event()
    with ThreadPoolExecutor(CALLERS) as pool:
        calls = [pool.submit(call_until, stopping, transport) for _ in range(CALLERS)]
        time.sleep(1)
        stop_server(first)
        first.wait()
        time.sleep(1)
        stopping.set()
        answers = [answer for call in calls for answer in call.result()]
    stop_server(second)
    second.wait()
    assert set(answers) == {"first", "second"}


def test_a_server_that_has_ended_may_be_stopped_again(transport: Any) -> None:
    server = start(transport, "first")
    for _ in range(2):
        stop_server(server)
        server.wait()


class FaultyBus(Exception):
    """What a bus raises that has gone."""


def test_a_conductor_and_an_agent_end_though_their_bus_does_not(cloud: Cloud) -> None:
    cloud.add_host("host-1", [])
    agent = cloud.agents["host-1"]
    agent.start()
    stoppable = [cloud.conductor, agent]
    before = set(threading.enumerate())
    for each in stoppable:
        server = each._server
        stop = server.stop
        server.stop = raise_trouble
        with pytest.raises(FaultyBus):
            each.stop()
        server.stop = stop
        stop()
    ended = {thread.name for thread in before - set(threading.enumerate())}
    assert {"heal", "beat", "gossip"} <= ended
    assert not agent._thread.is_alive()
    with cloud.database.reading() as session:
        assert not leases.list_conductors(session)[cloud.conductor.name].is_alive


def raise_trouble() -> None:
    """In place of a stop."""
    raise FaultyBus

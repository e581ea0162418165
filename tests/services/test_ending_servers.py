"""A server of the bus that ends while calls come all the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.rpc.transport import (
    TARGET,
    MessagingTimeout,
    make_client,
    make_server,
    make_transport,
    stop_server,
)

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

"""Calls on a bus that is not there end all the same."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.errors import AgentUnavailable, NotFound
from cyborg_rr.domain.requests import Mandate
from cyborg_rr.rpc import bounded
from cyborg_rr.rpc.bounded import BoundedCalls
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import make_transport
from tests.patience import without_waiting


def test_a_call_returns_or_raises_as_if_it_were_made_here() -> None:
    calls = BoundedCalls()
    assert calls.run(lambda: 7, 5) == 7

    def refuse() -> None:
        raise NotFound("thing", "1")

    with pytest.raises(NotFound, match="thing 1"):
        calls.run(refuse, 5)


def test_calls_that_hang_are_left_and_when_many_hang_new_ones_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounded, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(bounded, "MAX_ABANDONED", 2)
    calls, end = BoundedCalls(), threading.Event()
    for _ in range(2):
        with pytest.raises(AgentUnavailable, match="does not answer"):
            calls.run(end.wait, 0.05)
    with pytest.raises(AgentUnavailable, match="does not answer"):
        calls.run(lambda: 7, 60)
    end.set()
    deadline = time.monotonic() + 60
    while calls._abandoned and time.monotonic() < deadline:
        time.sleep(0.01)
    assert calls.run(lambda: 7, 5) == 7


def test_a_broker_that_is_down_is_told_in_time() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        port = nobody.getsockname()[1]
        conf = make_config([], files=[])
        client = ConductorClient(make_transport(conf, f"rabbit://a:b@127.0.0.1:{port}/"), 0.5)
        with without_waiting(), pytest.raises(AgentUnavailable):
            client.unbind(["x"], Mandate())

"""What a conductor says to agents of this release and of the first, over the bus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.conductor.endpoint import ConductorEndpoint
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.tables import AttachHandleRow, HostRow
from cyborg_rr.domain.errors import Conflict, HostRefused, NotFound
from cyborg_rr.domain.hardware.hosts import AgentPlace, HostIdentity
from cyborg_rr.domain.requests import Claim, Mandate
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.agent_client import AgentClient
from cyborg_rr.rpc.refusals import answers_errors, read_answer
from cyborg_rr.rpc.transport import AGENT_TOPIC, TARGET, make_server
from tests.builders import hash_of, make_snapshot
from tests.services.conftest import Cloud, stop_server

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "messages" / "first_release.json").read_text()
)
HOST = "host-1"
SELF = HostIdentity("6e9f0c1a-0000-4000-8000-000000000001", "", "node-1", "run-1", None, 1)


class Listener:
    """An agent that notes what it is asked."""

    target = TARGET

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    @answers_errors
    def prepare(self, _context: Any, host: str, claims: Any, host_id: str | None = None) -> None:
        """Note it."""
        self.heard.append({"host": host, "host_id": host_id, "claims": claims["claims"]})


@pytest.fixture
def listener(cloud: Cloud) -> Iterator[Listener]:
    """An agent that listens on the cloud's bus."""
    listening = Listener()
    server = make_server(cloud.transport, AGENT_TOPIC, "listener", [listening])
    server.start()
    yield listening
    stop_server(server)


def synchronise(cloud: Cloud, identity: HostIdentity | None) -> dict[str, Any]:
    """What the conductor answers a host that claims something that is over, and nothing else."""
    use_cases = cloud.conductor.use_cases
    endpoint = ConductorEndpoint(
        use_cases.binder,
        use_cases.unbinder,
        use_cases.reporter,
        use_cases.status,
        use_cases.handles,
        use_cases.hosts,
    )
    answer = endpoint.synchronise_host(
        messages.make_context(10, identity), HOST, HOST, "hash", RECORDED["claims"]
    )
    read: dict[str, Any] = read_answer(answer)
    return read


def bind_long_ago(cloud: Cloud, identity: HostIdentity | None) -> None:
    """A host, known by that identity or by its name only, whose ledger has lost a claim."""
    snapshot = make_snapshot(HOST, 1)
    cloud.conductor.use_cases.reporter.report(HOST, snapshot, hash_of(snapshot))
    cloud.add_host(HOST, snapshot.devices)
    cloud.bind(cloud.create(1))
    with cloud.database.writing() as session:
        session.query(AttachHandleRow).update({"state_since": utc_now() - timedelta(hours=1)})
        host_id = None if identity is None else identity.id
        session.query(HostRow).update({"host_id": host_id, "machine": None, "run": None})


@pytest.mark.parametrize("identity", [None, SELF], ids=["first release", "this release"])
def test_claims_are_told_in_words_that_the_agent_knows(
    cloud: Cloud, identity: HostIdentity | None
) -> None:
    bind_long_ago(cloud, identity)
    told = synchronise(cloud, identity)
    assert told["minor"] == messages.MINOR
    assert told["known"] is False
    first_words = set(RECORDED["claims"]["claims"][0])
    for claims in (told["release"], told["held"]):
        (claim,) = claims["claims"]
        assert (set(claim) > first_words) if identity else (set(claim) == first_words)


@pytest.mark.parametrize("minor", [0, messages.MINOR])
def test_an_agent_is_told_which_host_is_meant(cloud: Cloud, listener: Listener, minor: int) -> None:
    claim = messages.parse_claims(RECORDED["claims"])[0]
    claim = Claim(claim.binding_id, claim.arq_uuid, "d", claim.handle, "nvidia:a", "", "instance")
    place = AgentPlace("listener", HOST, SELF.id if minor else None, minor)
    AgentClient(cloud.transport, 10).prepare(place, [claim])
    (heard,) = listener.heard
    assert heard["host_id"] == place.host_id
    assert ("device_key" in heard["claims"][0]) is bool(minor)


def test_a_bind_names_the_host_that_it_is_for(cloud: Cloud, listener: Listener) -> None:
    snapshot = make_snapshot(HOST, 1)
    reporter = cloud.conductor.use_cases.reporter
    reporter.report("listener", snapshot, hash_of(snapshot), identity=SELF)
    cloud.bind(cloud.create(1))
    (heard,) = listener.heard
    assert (heard["host"], heard["host_id"]) == (HOST, SELF.id)
    assert heard["claims"][0]["device_key"] == snapshot.devices[0].key
    assert heard["claims"][0]["holder"]


def test_a_refusal_comes_back_as_what_it_is(cloud: Cloud) -> None:
    snapshot = make_snapshot(HOST, 1)
    cloud.conductor.use_cases.reporter.report(HOST, snapshot, hash_of(snapshot), identity=SELF)
    with pytest.raises(HostRefused, match="node-1"):
        synchronise(cloud, None)


def test_a_host_is_removed_over_the_bus(cloud: Cloud) -> None:
    cloud.add_host(HOST, make_snapshot(HOST, 2).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    with pytest.raises(Conflict, match="1 of its attach handles"):
        cloud.client.remove_host(HOST)
    cloud.client.unbind([arq], Mandate())
    cloud.client.remove_host(HOST)
    assert cloud.deployables() == []
    with pytest.raises(NotFound):
        cloud.client.remove_host(HOST)

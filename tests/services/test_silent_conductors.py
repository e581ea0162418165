"""A conductor of the first release tells nobody whom it heard, and is found by that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cyborg_rr.api.attendance import Attendance
from cyborg_rr.conductor.liveness.watch import PROBES
from cyborg_rr.domain.errors import NoConductor
from cyborg_rr.domain.requests import Mandate
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.liveness_client import LivenessClient
from cyborg_rr.rpc.transport import CONDUCTOR_TOPIC, TARGET, make_server
from tests.services.conftest import Cloud, stop_server
from tests.services.test_dead_hosts import wait_for


class FirstRelease:
    """A conductor that answers what the first release does, and nothing else."""

    target = TARGET

    def synchronise_host(self, _context: Any, **_arguments: Any) -> dict[str, Any]:
        """As that release."""
        return {"answer": {"known": True, "release": {"claims": []}}}

    def unbind(self, _context: Any, **_arguments: Any) -> dict[str, Any]:
        """As that release."""
        return {"answer": None}


def test_a_conductor_of_the_first_release_is_found_beside_one_of_this(
    make_cloud: Callable[..., Cloud], sqlite_url: str, rabbit_url: str
) -> None:
    cloud = make_cloud(sqlite_url, rabbit_url)
    client = LivenessClient(cloud.transport)
    assert not client.has_silent_conductor(2 * PROBES)
    server = make_server(cloud.transport, CONDUCTOR_TOPIC, "older", [FirstRelease()])
    server.start()
    assert client.has_silent_conductor(2 * PROBES)
    stop_server(server)
    assert not client.has_silent_conductor(2 * PROBES)


def test_one_of_the_first_release_is_asked_though_all_leases_have_ended(
    make_cloud: Callable[..., Cloud], sqlite_url: str, rabbit_url: str
) -> None:
    cloud = make_cloud(sqlite_url, rabbit_url)
    stop_server(cloud.conductor._server)
    cloud.conductor.standing.membership.leave()
    attending = Attendance(cloud.database, LivenessClient(cloud.transport).is_any_there)
    client = ConductorClient(cloud.transport, 10, None, attending)
    wait_for(lambda: is_refused(client))
    server = make_server(cloud.transport, CONDUCTOR_TOPIC, "older", [FirstRelease()])
    server.start()
    wait_for(lambda: not is_refused(client))
    stop_server(server)


def is_refused(client: ConductorClient) -> bool:
    """Whether a call is refused since no conductor is alive."""
    try:
        client.unbind(["arq"], Mandate())
    except NoConductor:
        return True
    return False

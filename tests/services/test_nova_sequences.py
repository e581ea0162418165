"""What Nova calls when servers are created, moved, shelved and deleted, exactly as it calls it.

Each row of the table of sequences is one test or more; nova-compute waits for real events.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.conductor.instances.events import EventSender, Outbox, Pace
from cyborg_rr.conductor.instances.gone import Reclaimer, ReclaimPace
from cyborg_rr.db.tables import AcceleratorRequestRow, AttachHandleRow, InstanceEventRow
from tests.api.stage import Stage
from tests.fakes.direct import DirectConductor
from tests.fakes.nova import FakeNova
from tests.fakes.nova_cloud import BindingFailed, BuildAborted, Instance, NovaCloud, OpFailed
from tests.fakes.serving import serving
from tests.nova.conftest import make_client, wait_until

FIRST, SECOND = "host-1", "host-2"


class Cloud:
    """Our service, which tells Nova in the background, and Nova."""

    def __init__(self, directory: Path, nova: FakeNova, url: str) -> None:
        outbox = Outbox()
        self.nova = nova
        self.stage = Stage(directory)
        self.conductor = self.stage.conductor = DirectConductor(
            self.stage.database, self.stage.catalogue, directory, events=outbox
        )
        client = make_client(url, directory)
        self.sender = EventSender(self.stage.database, client, outbox, Pace())
        self.reclaimer = Reclaimer(
            self.stage.database,
            client,
            self.conductor._unbinder,
            ReclaimPace(3600, grace_seconds=-3600),  # what was bound just now is old enough
        )
        for host in (FIRST, SECOND):
            self.stage.add_host(host, devices=4)
        self.profile = self.stage.create_profile()
        self.port_profile = self.stage.create_profile()
        self.has_tokens = True
        parts = self.stage.call("GET", "/v2/deployables").json["deployables"]
        providers = {
            host: [part["rp_uuid"] for part in parts if part["name"].startswith(host)]
            for host in (FIRST, SECOND)
        }
        self.compute = NovaCloud(nova, self.ask, providers)

    def ask(
        self, method: str, path: str, body: Any = None, *, has_user: bool = True
    ) -> tuple[int, Any]:
        """A user's token with Nova's own beside it; without a user's there is no service's."""
        answer = self.stage.call(
            method, path, body, token="member" if has_user else None, service=has_user
        )
        return answer.status, answer.json if answer.body else None

    def held(self) -> int:
        """How many handles somebody has, or had and did not let go of."""
        with self.stage.database.reading() as session:
            return sum(row.state != "free" for row in session.query(AttachHandleRow))

    def requests(self) -> int:
        """How many accelerator requests there are."""
        with self.stage.database.reading() as session:
            return session.query(AcceleratorRequestRow).count()

    def events(self) -> int:
        """How many events Nova is still to be told."""
        with self.stage.database.reading() as session:
            return session.query(InstanceEventRow).count()

    def fail_host(self, host: str) -> None:
        """Its agent answers no more."""
        self.conductor.agents.unreachable.add(host)

    def repair(self) -> None:
        """All agents answer again, and have been asked again."""
        self.conductor.agents.unreachable.clear()
        self.conductor.heal()

    def check_empty(self) -> None:
        """Nothing is left of anybody."""
        assert self.requests() == 0
        self.conductor.heal()
        assert self.held() == 0


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    nova = FakeNova()
    with serving(nova) as url:
        cloud = Cloud(tmp_path, nova, url)
        cloud.sender.start()
        yield cloud
        cloud.sender.stop()
    cloud.stage.close()


@pytest.fixture
def compute(cloud: Cloud) -> NovaCloud:
    return cloud.compute


@pytest.fixture
def server(cloud: Cloud) -> Instance:
    """A server that has one accelerator."""
    instance = Instance(profile=cloud.profile)
    cloud.compute.create(instance, FIRST)
    cloud.compute.calls.clear()
    return instance


def test_create(cloud: Cloud, compute: NovaCloud) -> None:
    instance = Instance(profile=cloud.profile)
    compute.create(instance, FIRST)
    assert len(instance.handles) == 1
    assert compute.calls == [
        "GET device_profiles",
        "POST accelerator_requests",
        "PATCH accelerator_requests",
        "GET accelerator_requests",
    ]
    wait_until(lambda: cloud.events() == 0)


def test_create_with_a_bind_that_fails(cloud: Cloud, compute: NovaCloud) -> None:
    cloud.fail_host(FIRST)
    instance = Instance(profile=cloud.profile)
    with pytest.raises(BindingFailed):
        compute.create(instance, FIRST)
    assert instance.vm_state == "error"
    assert compute.calls[-2:] == ["PATCH accelerator_requests", "DELETE accelerator_requests"]
    cloud.repair()
    cloud.check_empty()
    wait_until(lambda: cloud.events() == 0 or not cloud.sender.send_next())
    assert cloud.nova.arrived == {}


def test_no_server_boots_without_its_device_though_the_word_of_the_failure_was_lost(
    cloud: Cloud, compute: NovaCloud
) -> None:
    """Something between Nova and us answers 202 for us; then only the event tells.

    Nova refuses it until its compute has the instance, which waits from then on.
    """
    cloud.fail_host(FIRST)
    real = cloud.ask

    def lose_error(method: str, *arguments: Any, **named: Any) -> tuple[int, Any]:
        status, document = real(method, *arguments, **named)
        return (202, None) if method == "PATCH" else (status, document)

    compute.ask = lose_error
    instance = Instance(profile=cloud.profile)
    cloud.nova.hosts[instance.uuid] = None
    compute.create_and_bind(instance, FIRST)
    compute.event_seconds = 20
    with pytest.raises(BuildAborted, match="failed"):
        compute.build(instance, FIRST)
    assert (instance.vm_state, instance.handles) == ("error", [])
    cloud.repair()
    cloud.check_empty()


def test_create_with_ports(cloud: Cloud, compute: NovaCloud) -> None:
    instance = Instance(profile=cloud.profile, ports=[cloud.port_profile] * 2)
    compute.create(instance, FIRST)
    assert len(instance.handles) == 3
    assert compute.calls.count("POST accelerator_requests") == 3
    assert compute.calls.count("PATCH accelerator_requests") == 1
    compute.delete_by_uuid(instance.arqs[1:2])  # the port is unbound
    assert len(compute.get_arqs(instance.uuid)) == 2
    compute.delete(instance)
    compute.delete_by_uuid(instance.arqs[2:])  # so are those of a server that is gone
    cloud.check_empty()


def test_create_with_a_port_whose_bind_fails_leaves_nothing(
    cloud: Cloud, compute: NovaCloud
) -> None:
    instance = Instance(profile=cloud.profile, ports=[cloud.port_profile] * 4)  # five of four
    with pytest.raises(BindingFailed):
        compute.create(instance, FIRST)
    cloud.check_empty()


def test_a_build_that_fails_on_its_host_is_scheduled_again(
    cloud: Cloud, compute: NovaCloud, server: Instance
) -> None:
    before = list(server.arqs)
    compute.clean_up(server)
    assert compute.calls == ["DELETE accelerator_requests"] * 2  # of which the second finds nothing
    compute.create_and_bind(server, SECOND)
    compute.build(server, SECOND)
    assert not set(before) & set(server.arqs)
    assert len(server.handles) == 1
    assert cloud.requests() == 1


@pytest.mark.parametrize("times", [1, 2])
def test_delete(cloud: Cloud, compute: NovaCloud, server: Instance, times: int) -> None:
    for _ in range(times):
        compute.delete_for_instance(server.uuid)
    compute.delete(server)
    cloud.check_empty()


def test_delete_while_the_host_is_down(cloud: Cloud, compute: NovaCloud, server: Instance) -> None:
    cloud.fail_host(FIRST)
    compute.delete(server)
    assert cloud.requests() == 0
    assert cloud.held() == 1  # an instance may still have it
    cloud.repair()
    cloud.check_empty()


def test_delete_whose_call_fails_leaks_until_it_is_reclaimed(
    cloud: Cloud, compute: NovaCloud, server: Instance
) -> None:
    stays = Instance(profile=cloud.profile)
    compute.create(stays, FIRST)
    compute.delete(server, has_user=False)
    assert cloud.requests() == 2
    for _ in range(2):
        cloud.reclaimer.look()
    assert [arq["uuid"] for arq in compute.get_arqs(stays.uuid)] == stays.arqs
    with pytest.raises(OpFailed):
        compute.get_arqs(server.uuid)
    compute.delete(stays)
    cloud.check_empty()


def test_stop_start_and_reboot(cloud: Cloud, compute: NovaCloud, server: Instance) -> None:
    before = list(server.handles)
    for _ in range(3):
        compute.reboot(server)
        assert server.handles == before
    assert compute.calls == ["GET accelerator_requests"] * 3


def test_reboot_while_the_agent_is_silent(
    cloud: Cloud, compute: NovaCloud, server: Instance
) -> None:
    before = list(server.handles)
    cloud.fail_host(FIRST)
    compute.reboot(server)
    assert server.handles == before


def test_rebuild_on_its_host(cloud: Cloud, compute: NovaCloud, server: Instance) -> None:
    before, arqs = list(server.handles), list(server.arqs)
    server.arqs = [arq["uuid"] for arq in compute.get_arqs(server.uuid)]  # the conductor
    compute.build(server, FIRST)
    assert (server.arqs, server.handles) == (arqs, before)
    assert compute.calls == ["GET accelerator_requests"] * 2


def test_evacuate(cloud: Cloud, compute: NovaCloud, server: Instance) -> None:
    before = list(server.arqs)
    cloud.fail_host(FIRST)
    compute.evacuate(server, SECOND)
    assert compute.calls == [
        "GET device_profiles",
        "DELETE accelerator_requests",
        "POST accelerator_requests",
        "PATCH accelerator_requests",
        "GET accelerator_requests",
    ]
    assert not set(before) & set(server.arqs)
    (arq,) = compute.get_arqs(server.uuid)
    assert (arq["hostname"], arq["state"]) == (SECOND, "Bound")
    assert cloud.held() == 2  # the lost host may still run it
    cloud.repair()
    assert cloud.held() == 1


def test_evacuate_that_fails_can_be_done_again(
    cloud: Cloud, compute: NovaCloud, server: Instance
) -> None:
    cloud.fail_host(FIRST)
    cloud.fail_host(SECOND)
    with pytest.raises(BindingFailed):
        compute.evacuate(server, SECOND)
    assert cloud.requests() == 0
    cloud.repair()
    compute.evacuate(server, SECOND)
    assert server.vm_state == "active"
    assert (cloud.requests(), cloud.held()) == (1, 1)


def test_shelve_offload_and_unshelve(cloud: Cloud, compute: NovaCloud, server: Instance) -> None:
    compute.get_arqs(server.uuid)  # shelve itself
    compute.offload(server)
    cloud.check_empty()
    compute.unshelve(server, SECOND)
    assert len(server.handles) == 1
    (arq,) = compute.get_arqs(server.uuid)
    assert arq["hostname"] == SECOND


def test_unshelve_of_what_was_not_offloaded(
    cloud: Cloud, compute: NovaCloud, server: Instance
) -> None:
    before = list(server.handles)
    compute.get_arqs(server.uuid)  # shelve
    compute.reboot(server)
    assert server.handles == before


def test_shelve_offload_without_a_users_token_leaks_until_it_is_reclaimed(
    cloud: Cloud, compute: NovaCloud, server: Instance
) -> None:
    compute.offload(server, has_user=False)
    assert (cloud.requests(), cloud.held()) == (1, 1)
    with pytest.raises(BindingFailed):
        compute.unshelve(server, SECOND)
    assert cloud.requests() == 1
    server.vm_state = "shelved_offloaded"
    cloud.nova.states[server.uuid] = ("shelved_offloaded", None)
    for _ in range(2):
        cloud.reclaimer.look()
    cloud.check_empty()
    compute.unshelve(server, SECOND)
    assert server.vm_state == "active"


def test_a_soft_deleted_server_that_is_reclaimed_without_a_users_token(
    cloud: Cloud, compute: NovaCloud, server: Instance
) -> None:
    compute.delete(server, has_user=False)
    for _ in range(2):
        cloud.reclaimer.look()
    cloud.check_empty()


def test_a_conductor_of_novas_that_dies_after_the_bind_leaks_until_it_is_reclaimed(
    cloud: Cloud, compute: NovaCloud
) -> None:
    instance = Instance(profile=cloud.profile)
    cloud.nova.hosts[instance.uuid] = None
    compute.create_and_bind(instance, FIRST)
    cloud.reclaimer.look()
    assert cloud.requests() == 1
    del cloud.nova.hosts[instance.uuid]  # its user gives up and deletes it: Nova asks us nothing
    for _ in range(2):
        cloud.reclaimer.look()
    cloud.check_empty()

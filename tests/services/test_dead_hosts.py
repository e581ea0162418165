"""One host is dead: others do not notice, and what it must do it is told when it speaks again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import update

from cyborg_rr.conductor.release import RELEASE_SECONDS
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.tables import HostRow
from cyborg_rr.domain.errors import AgentUnavailable, HostLost, HostRefused
from cyborg_rr.domain.hardware.hosts import HostIdentity
from cyborg_rr.domain.hardware.life import Cleaned, Cleanings
from cyborg_rr.domain.requests import ArqState, Mandate
from tests.builders import hash_of, make_snapshot
from tests.services.conftest import Cloud, stop_server

DEAD, WELL = "dead", "well"


def provider_of(cloud: Cloud, host: str) -> str:
    """The provider of a host's first deployable."""
    return next(d.provider_uuid for d in cloud.deployables() if d.name.startswith(f"{host}_"))


def bind_on(cloud: Cloud, host: str, arq: str) -> None:
    """Bind one request to that host's first deployable."""
    cloud.bind([arq], hostname=host, provider_uuid=provider_of(cloud, host))


def end_agent(cloud: Cloud, host: str) -> None:
    """The machine loses its power."""
    stop_server(cloud.agents[host]._server)


def lose(cloud: Cloud, host: str) -> None:
    """As when it has been silent for too long."""
    with cloud.database.writing() as session:
        session.execute(
            update(HostRow)
            .where(HostRow.name == host)
            .values(lost_at=utc_now(), lost_reason="silent")
        )


def test_binds_on_a_dead_host_let_all_others_pass(cloud: Cloud) -> None:
    cloud.add_host(DEAD, make_snapshot(DEAD, 10).devices)
    cloud.add_host(WELL, make_snapshot(WELL, 1).devices)
    end_agent(cloud, DEAD)
    dead_ended = threading.Event()
    providers = [d.provider_uuid for d in cloud.deployables() if d.name.startswith(f"{DEAD}_")]
    arqs = cloud.create(10)

    def bind_dead(number: int) -> str:
        try:
            cloud.bind([arqs[number]], hostname=DEAD, provider_uuid=providers[number])
        except AgentUnavailable as error:
            return error.code
        finally:
            dead_ended.set()
        return "bound"

    with ThreadPoolExecutor(10) as pool:
        dead = [pool.submit(bind_dead, n) for n in range(10)]
        for arq in cloud.create(3):
            bind_on(cloud, WELL, arq)
            cloud.client.unbind([arq], Mandate("project"))
        assert not dead_ended.is_set()
        codes = [future.result(60) for future in dead]
    assert codes.count("host_lost") == 6  # those that waited for their turn
    assert set(codes) == {"agent_unavailable", "host_lost"}
    late = cloud.create(1)[0]
    with pytest.raises(HostLost, match="did not answer a short while ago"):
        bind_on(cloud, DEAD, late)
    assert cloud.get(late).state is ArqState.INITIAL  # refused before anything was changed


def test_unbind_and_delete_wait_for_no_dead_host(cloud: Cloud) -> None:
    cloud.conductor.use_cases.unbinder._releaser.wait_seconds = RELEASE_SECONDS
    driver = cloud.add_host(DEAD, make_snapshot(DEAD, 2).devices)
    first, second = cloud.create(1)[0], cloud.create(1)[0]
    for arq, part in zip((first, second), cloud.deployables(), strict=True):
        cloud.bind([arq], hostname=DEAD, provider_uuid=part.provider_uuid)
    gate = threading.Event()
    prepared = threading.Event()
    releases = driver.release

    def hang(handle: object) -> None:
        prepared.set()
        assert gate.wait(30)
        releases(handle)  # type: ignore[arg-type]

    driver.release = hang  # type: ignore[method-assign,assignment]
    cloud.client.unbind([first], Mandate("project"))
    cloud.client.delete_requests([second], Mandate("project"))
    assert prepared.is_set()
    assert not gate.is_set()  # both came back while the host had not
    assert cloud.get(first).state is ArqState.UNBOUND
    assert cloud.handle_states() == ["releasing", "releasing"]
    gate.set()
    wait_for(lambda: "releasing" not in cloud.handle_states())


def wait_for(holds: Callable[[], bool]) -> None:
    """Until it holds."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_lost_host_is_asked_nothing_and_is_told_when_it_speaks(cloud: Cloud) -> None:
    driver = cloud.add_host(DEAD, make_snapshot(DEAD, 1).devices)
    (arq,) = cloud.create(1)
    cloud.bind([arq])
    lose(cloud, DEAD)
    cloud.client.unbind([arq], Mandate("project"))
    cloud.conductor.use_cases.healer.heal()
    assert driver.prepared  # it was not asked, though it would have answered
    assert cloud.handle_states() == ["releasing"]
    (other,) = cloud.create(1)
    with pytest.raises(HostLost, match="has not been heard"):
        cloud.bind([other])
    assert cloud.get(other).state is ArqState.INITIAL
    cloud.agents[DEAD].report_all()
    cloud.conductor.use_cases.healer.heal()
    wait_for(lambda: cloud.handle_states() == ["free"])
    assert not driver.prepared
    cloud.bind([other])


def test_an_answer_counts_only_for_what_was_asked(cloud: Cloud) -> None:
    cloud.add_host(WELL, make_snapshot(WELL, 2).devices)
    first, second = cloud.create(1)[0], cloud.create(1)[0]
    for arq, part in zip((first, second), cloud.deployables(), strict=True):
        cloud.bind([arq], provider_uuid=part.provider_uuid)
    attachments = cloud.agents[WELL]._attachments
    bindings = [claim.binding_id for claim in attachments.list_claims(WELL)]
    release = attachments.release

    def lie(hostname: str, claims: object) -> Cleanings:
        told = release(hostname, claims)  # type: ignore[arg-type]
        return replace(told, cleaned=tuple(Cleaned(binding, "lie") for binding in bindings))

    with cloud.database.writing() as session:  # another host's handle that is being released
        session.execute(update_of_second(second))
    attachments.release = lie  # type: ignore[method-assign,assignment]
    cloud.client.unbind([first], Mandate("project"))
    wait_for(lambda: "free" in cloud.handle_states())
    assert cloud.handle_states() == ["free", "releasing"]


def update_of_second(arq: str) -> object:
    """The release of a handle has begun and nobody has confirmed it."""
    from cyborg_rr.db.tables import AttachHandleRow

    return (
        update(AttachHandleRow)
        .where(AttachHandleRow.arq_uuid == arq)
        .values(state="releasing", arq_uuid=None)
    )


def test_of_two_live_agents_with_one_id_the_second_is_refused(cloud: Cloud) -> None:
    first = HostIdentity("6e9f0c1a-0000-4000-8000-000000000001", "", "node-1", "run-1", None, 1)
    copied = replace(first, node="node-2", run="run-9", last_run="run-1")
    restarted = replace(first, run="run-2", last_run="run-1")
    snapshot = make_snapshot("host", 1)

    def speak(identity: HostIdentity) -> None:
        cloud.client.synchronise_host("host", "agent", hash_of(snapshot), [], identity, Cleanings())

    reporter = cloud.conductor.use_cases.reporter
    reporter.report("agent", snapshot, hash_of(snapshot), identity=first)
    with pytest.raises(HostRefused, match="a second agent of the same id"):
        speak(copied)
    speak(first)
    speak(restarted)
    with pytest.raises(HostRefused):
        speak(first)  # the run before: whoever that is has been succeeded


def test_agents_say_what_their_drivers_find_and_why_they_fail(cloud: Cloud) -> None:
    driver = cloud.add_host(WELL, make_snapshot(WELL, 2).devices)
    agent = cloud.agents[WELL]

    def said() -> tuple[int, str | None]:
        word = cloud.conductor.use_cases.hosts.get_host(WELL).known.word
        assert word is not None
        return word.drivers["fake"].devices, word.drivers["fake"].trouble

    assert said() == (2, None)
    driver.trouble = RuntimeError("the bus is on fire")
    agent.report_all()
    devices, trouble = said()
    assert devices == 2
    assert trouble is not None
    assert "the bus is on fire" in trouble
    driver.trouble = RuntimeError("and has been for 12 s")
    agent.report_all()
    assert said() == (devices, trouble)  # no write for each period of an outage
    driver.trouble = None
    agent.report_all()
    assert said() == (2, None)


def test_conductors_tell_when_hosts_were_heard(
    make_cloud: Callable[..., Cloud], postgresql_url: str, rabbit_url: str
) -> None:
    first = make_cloud(postgresql_url, rabbit_url, "first")
    second = make_cloud(postgresql_url, rabbit_url, "second")
    standings = [cloud.conductor.standing for cloud in (first, second)]
    first.conductor.standing.liveness.heard(WELL)
    for standing in standings:
        wait_for(lambda: standing.gossip.find_listening_since() is not None)  # noqa: B023
    first.conductor.standing.gossip.tell()
    wait_for(lambda: second.conductor.standing.liveness.find_silence(WELL) is not None)
    assert second.conductor.standing.gossip.is_heard("first")
    for _ in range(4):  # whichever answers
        assert list(first.client.list_last_seen([WELL, DEAD])) == [WELL]

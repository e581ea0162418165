"""Healing beside conductors, twice, late and without hosts: nothing that is in use is touched."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import update

from cyborg_rr.conductor.auditing.finding import Finding
from cyborg_rr.conductor.auditing.kinds import Code
from cyborg_rr.conductor.auditing.mend import Mender
from cyborg_rr.conductor.auditing.outside import Outside
from cyborg_rr.conductor.heal import Healer
from cyborg_rr.conductor.release import Releaser
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.tables import AcceleratorRequestRow, HostRow
from cyborg_rr.domain.errors import InvalidState
from cyborg_rr.domain.requests import Mandate
from cyborg_rr.outside.calling import Code as Trouble
from cyborg_rr.outside.calling import OutsideTrouble
from tests.auditing.world import HOST, LONG, World
from tests.builders import make_snapshot
from tests.statements import counted


class Stale:
    """An audit that was made before what has happened since."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: Sequence[Finding] | None = world.find()

    def find(self, codes: Sequence[Code]) -> Sequence[Finding]:
        """First what was found then, afterwards what is found now."""
        found, self._found = self._found, None
        return self._world.auditor.find(codes) if found is None else found

    def make_mender(self) -> Mender:
        """Who believes it."""
        world = self._world
        releaser = Releaser(world.database, world.agents)
        return Mender(world.database, self, world.unbinder, releaser)  # type: ignore[arg-type]


def test_a_bind_that_is_finished_before_it_is_healed_stands(world: World) -> None:
    arq = world.create()
    attempt = world.binder.claimer.claim([world.ask_for(arq)], Mandate())
    world.age(arq)
    stale = Stale(world)
    world.agents.prepare(attempt.claims[0].place, [attempt.claims[0].claim])
    world.binder.claimer.finish(attempt)
    (outcome,) = stale.make_mender().heal([Code.BIND_LATE])
    assert outcome.is_mended
    assert world.get(arq).state == "Bound"
    assert world.state_of(world.handle_of(arq)) == "held"


def test_a_bind_that_is_begun_anew_before_it_is_healed_stands(world: World) -> None:
    arq = world.break_bind_late()
    stale = Stale(world)
    world.unbinder.unbind([arq], Mandate())
    world.binder.bind([world.ask_for(arq)], Mandate())
    stale.make_mender().heal([Code.BIND_LATE])
    assert world.get(arq).state == "Bound"


def test_a_handle_whose_request_is_bound_before_it_is_healed_stays_held(world: World) -> None:
    handle = world.break_handle_idle()
    (found,) = world.find()
    assert found.arq_uuid is not None
    stale = Stale(world)
    world.change_request(found.arq_uuid, state="Bound")
    stale.make_mender().heal([Code.HANDLE_IDLE])
    assert world.state_of(handle) == "held"


def test_a_conductor_that_came_back_keeps_the_binds_it_begins(world: World) -> None:
    world.add_lease(utc_now() - timedelta(seconds=10))
    world.add_lease(utc_now() + timedelta(seconds=600), "alive")
    world.claim()
    assert world.find() == []


def test_a_bind_of_a_conductor_that_lives_is_left_its_time(world: World) -> None:
    world.claim()
    world.add_lease(utc_now() + timedelta(seconds=30))
    assert world.find() == []


def test_a_silent_host_keeps_what_it_may_have_and_heal_says_why(sqlite_world: World) -> None:
    world = sqlite_world
    handle = world.break_handle_ownerless()
    world.agents.unreachable.add(HOST)
    (outcome,) = world.mender.heal()
    assert outcome.is_mended  # nobody owns it, and its release has begun
    assert world.state_of(handle) == "releasing"
    world.change_handle(handle, state_since=utc_now() - LONG)
    (outcome,) = world.mender.heal()
    assert not outcome.is_mended
    assert "did not answer in time" in outcome.done
    world.agents.unreachable.clear()
    (outcome,) = world.mender.heal()
    assert outcome.is_mended
    assert world.state_of(handle) == "free"


def test_a_lost_host_is_not_asked(sqlite_world: World) -> None:
    sqlite_world.break_release_late()
    sqlite_world.break_host_lost()
    (outcome,) = sqlite_world.mender.heal([Code.RELEASE_LATE])
    assert not outcome.is_mended
    assert outcome.done == "left: its host is lost"


def test_no_instance_is_taken_for_gone_while_nova_cannot_be_believed(sqlite_world: World) -> None:
    instance = sqlite_world.break_instance_gone()
    sqlite_world.cloud.trouble = OutsideTrouble("Nova", Trouble.REFUSED, "not for all projects")
    (outcome, *_) = sqlite_world.mender.heal([Code.INSTANCE_GONE])
    assert (outcome.finding.code, outcome.finding.key) == (Code.SERVICE_SILENT, "Nova")
    assert not outcome.is_mended
    sqlite_world.cloud.trouble = None
    assert [each.key for each in sqlite_world.find()] == [instance]


def test_an_instance_that_is_just_being_made_is_not_asked_for(sqlite_world: World) -> None:
    sqlite_world.bind()
    assert sqlite_world.find() == []
    assert sqlite_world.cloud.asked == []


def test_without_anybody_to_ask_nothing_outside_is_found(sqlite_world: World) -> None:
    sqlite_world.break_instance_gone()
    sqlite_world.break_provider_drifted()
    sqlite_world.auditor._outside = Outside()
    assert sqlite_world.find() == []


def test_what_an_operator_took_out_is_no_finding(sqlite_world: World) -> None:
    sqlite_world.break_quarantined("operator")
    assert sqlite_world.find() == []


def test_what_cannot_be_looked_at_again_is_not_called_mended(sqlite_world: World) -> None:
    world = sqlite_world
    provider = world.break_provider_drifted()
    host_changed = world.cloud.host_changed

    def fall_silent(hostname: str) -> None:
        host_changed(hostname)
        world.break_service_silent()

    world.cloud.host_changed = fall_silent  # type: ignore[method-assign]
    (outcome,) = world.mender.heal([Code.PROVIDER_DRIFTED])
    assert outcome.finding.key == provider
    assert not outcome.is_mended


def test_the_trouble_of_one_act_is_no_other_ones(sqlite_world: World) -> None:
    world = sqlite_world
    late = world.break_bind_late()
    arq = world.create()
    world.binder.bind([world.ask_for(arq, 1)], Mandate())
    instance = world.get(world.age(arq)).instance_uuid
    world.cloud.gone.add(str(instance))

    def fail(*_: object) -> None:
        raise InvalidState("it is being changed")

    world.unbinder.undo = fail  # type: ignore[assignment,method-assign]
    outcomes = {each.finding.key: each for each in world.mender.heal()}
    assert not outcomes[late].is_mended
    assert "it is being changed" in outcomes[late].done
    assert outcomes[str(instance)].is_mended


def test_many_heal_at_once_beside_a_conductor(world: World) -> None:
    for number in range(20):
        world.service.add_host(make_snapshot(f"more-{number}", 1))
    arqs = []
    for number in range(4, 24):
        arq = world.create()
        world.binder.claimer.claim([world.ask_for(arq, number)], Mandate())
        arqs.append(arq)
    row = AcceleratorRequestRow
    with world.database.writing() as session:
        late = {"bind_started_at": utc_now() - LONG}
        session.execute(update(row).where(row.uuid.in_(arqs[:10])).values(**late))
        session.execute(update(row).where(row.uuid.in_(arqs[10:])).values(state="Unbound"))
    kept = world.bind()
    releaser = Releaser(world.database, world.agents)
    healer = Healer(world.database, world.unbinder, releaser, "c2", 60)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(world.mender.heal) for _ in range(3)] + [pool.submit(healer.heal)]
        for run in runs:
            run.result()
    world.mender.heal()
    assert world.find() == []
    assert world.get(kept).state == "Bound"
    with world.database.reading() as session:
        hosts = session.query(HostRow).count()
    assert hosts == 22


def test_statements_do_not_grow_with_what_there_is(world: World) -> None:
    counts = []
    for size in (1, 60):
        world.service.add_host(make_snapshot(f"large-{size}", size, handles=4))
        with counted(world.database.engine) as statements:
            world.auditor.find()
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 8

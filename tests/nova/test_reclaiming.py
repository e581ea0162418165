"""What instances had that Nova no longer has comes back, and nothing else does."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest

from cyborg_rr.conductor.instances import gone
from cyborg_rr.conductor.instances.gone import Reclaimer, ReclaimPace
from cyborg_rr.conductor.leases import Leases, Turn
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.tables import AcceleratorRequestRow, AttachHandleRow
from cyborg_rr.outside.calling import OutsideTrouble
from tests.fakes.nova import FakeNova
from tests.nova.conftest import HOST, Place


@pytest.fixture
def reclaimer(place: Place) -> Reclaimer:
    return make_reclaimer(place)


def make_reclaimer(
    place: Place, grace: float = 0.0, may_look: Callable[[], bool] = lambda: True
) -> Reclaimer:
    unbinder = place.conductor._unbinder
    return Reclaimer(place.database, place.client, unbinder, ReclaimPace(0.05, grace), may_look)


def bind(place: Place, count: int = 1, *, age_seconds: float = 3600) -> str:
    """An instance with so many requests, bound so long ago."""
    instance = str(uuid.uuid4())
    arqs = place.stage.create_arqs(place.stage.create_profile([{"resources:PGPU": str(count)}]))
    assert place.bind(*arqs, instance=instance).status == 202
    with place.database.writing() as session:
        for row in session.query(AcceleratorRequestRow).filter_by(instance_uuid=instance):
            row.bind_started_at = utc_now() - timedelta(seconds=age_seconds)
    return instance


def holders(place: Place) -> set[str | None]:
    with place.database.reading() as session:
        return {row.instance_uuid for row in session.query(AcceleratorRequestRow)}


def test_what_nova_does_not_have_twice_is_taken_back(
    place: Place, nova: FakeNova, reclaimer: Reclaimer, caplog: pytest.LogCaptureFixture
) -> None:
    stays, leaked = bind(place), bind(place, 2)
    nova.hosts[stays] = HOST
    reclaimer.look()
    assert holders(place) == {stays, leaked}
    reclaimer.look()
    assert holders(place) == {stays}
    assert f"Instance {leaked} loses 2 accelerator requests" in caplog.text
    with place.database.reading() as session:
        held = [row for row in session.query(AttachHandleRow) if row.arq_uuid is not None]
    assert len(held) == 1


def test_an_instance_that_is_there_again_keeps_what_it_has(
    place: Place, nova: FakeNova, reclaimer: Reclaimer
) -> None:
    instance = bind(place)
    reclaimer.look()
    nova.hosts[instance] = None
    reclaimer.look()
    del nova.hosts[instance]
    assert holders(place) == {instance}
    reclaimer.look()
    assert holders(place) == {instance}
    reclaimer.look()
    assert holders(place) == set()


def test_what_an_instance_is_given_while_nova_is_asked_is_not_taken_back(
    place: Place, nova: FakeNova, reclaimer: Reclaimer
) -> None:
    instance = bind(place)
    nova.hosts[instance] = None
    nova.states[instance] = ("shelved_offloaded", None)
    reclaimer.look()

    def rebind(_method: str, path: str) -> None:
        if path.endswith(instance):
            nova.after = lambda *_: None
            query = f"/v2/accelerator_requests?instance={instance}"
            assert place.stage.call("DELETE", query, token="member", service=True).status == 204
            assert place.bind(*place.stage.create_arqs(), instance=instance).status == 202

    nova.after = rebind
    reclaimer.look()
    assert holders(place) == {instance}


def test_within_the_grace_nothing_is_taken_back(place: Place, nova: FakeNova) -> None:
    reclaimer = make_reclaimer(place, grace=600)
    old, young = bind(place), bind(place, age_seconds=10)
    for _ in range(3):
        reclaimer.look()
    assert nova.asked == [old]
    assert holders(place) == {old, young}


@pytest.mark.parametrize("answer", ["403 Forbidden", "404 Not Found", "500 Oops", "200 OK"])
def test_a_nova_that_talks_rubbish_is_not_believed(
    place: Place, nova: FakeNova, reclaimer: Reclaimer, answer: str
) -> None:
    instance = bind(place)
    reclaimer.look()
    nova.after = lambda *_: (answer, {"message": "?"})
    with pytest.raises(OutsideTrouble):
        reclaimer.look()
    assert holders(place) == {instance}


def test_a_user_who_does_not_see_every_instance_takes_nothing_back(
    place: Place, nova: FakeNova, reclaimer: Reclaimer
) -> None:
    """To him Nova says of other projects' instances that there are none."""
    instance = bind(place)
    nova.hosts[instance] = HOST
    nova.is_admin = False
    for _ in range(3):
        with pytest.raises(OutsideTrouble):
            reclaimer.look()
    assert holders(place) == {instance}
    assert nova.asked == []


def test_one_look_asks_for_so_many_and_the_next_goes_on(
    place: Place, nova: FakeNova, reclaimer: Reclaimer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gone, "LOOKS_PER_ROUND", 2)
    instances = sorted(bind(place) for _ in range(5))
    nova.hosts.update(dict.fromkeys(instances))
    for _ in range(4):
        reclaimer.look()
    assert nova.asked == [*instances, *instances[:2]]


def test_of_two_conductors_one_asks_nova(place: Place, nova: FakeNova) -> None:
    leaked = bind(place)
    first, second = (
        make_reclaimer(
            place, may_look=Turn(Leases(place.database, name), name, "reclaim", 60).is_ours
        )
        for name in ("first", "second")
    )
    for _ in range(2):
        first.look()
        second.look()
    assert nova.asked == [leaked] * 2
    assert holders(place) == set()


def test_what_was_not_there_before_another_looked_is_looked_at_twice_again(
    place: Place, nova: FakeNova
) -> None:
    turns = iter([True, False, True, True])
    reclaimer = make_reclaimer(place, may_look=lambda: next(turns))
    leaked = bind(place)
    for _ in range(3):
        reclaimer.look()
    assert nova.asked == [leaked] * 2
    assert holders(place) == {leaked}
    reclaimer.look()
    assert holders(place) == set()


def test_it_is_done_in_the_background(place: Place, nova: FakeNova, reclaimer: Reclaimer) -> None:
    from tests.nova.conftest import wait_until

    bind(place)
    reclaimer.start()
    wait_until(lambda: holders(place) == set())
    reclaimer.stop()


def test_no_call_that_fails_takes_back_what_is_there_or_keeps_what_is_not(
    place: Place, nova: FakeNova, reclaimer: Reclaimer
) -> None:
    """Each call of a look fails in turn, before Nova has it or on its way back."""
    stays = bind(place)
    nova.hosts[stays] = HOST
    for moment in ("before", "after"):
        for number in range(4):
            leaked = bind(place)
            left = iter([None] * number + [("500 Oops", {})])
            setattr(nova, moment, lambda *_, left=left: next(left, None))
            for _ in range(6):
                try:
                    reclaimer.look()
                except OutsideTrouble:
                    continue
            setattr(nova, moment, lambda *_: None)
            assert holders(place) == {stays}, (moment, number, leaked)

"""Nova is told how binds end: once if it takes it, again until it does, or until it is too late."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyborg_rr.conductor.instances import events
from cyborg_rr.conductor.instances.events import is_settled
from cyborg_rr.db.instances.events import DueEvent
from cyborg_rr.db.tables import InstanceEventRow
from cyborg_rr.domain.requests import EventStatus
from cyborg_rr.outside.calling import OutsideTrouble
from cyborg_rr.outside.nova.client import Told
from tests.api.stage import Stage
from tests.fakes.nova import FakeNova
from tests.nova.conftest import HOST, Place, wait_until

VERSIONS = ("2.0", "2.1", "2.2", "2.3", "2.50", "2.100", "2.101")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A service that has no Nova."""
    stage = Stage(tmp_path)
    yield stage
    stage.close()


@pytest.fixture
def instance(nova: FakeNova) -> str:
    """An instance that is being built on a host."""
    made = str(uuid.uuid4())
    nova.hosts[made] = HOST
    return made


def _profile(place: Place, count: int) -> list[str]:
    return place.stage.create_arqs(place.stage.create_profile([{"resources:PGPU": str(count)}]))


def test_all_requests_of_an_instance_are_told_in_one_call(
    place: Place, nova: FakeNova, instance: str
) -> None:
    arqs = _profile(place, 3)
    assert place.bind(*arqs, instance=instance).status == 202
    assert place.waiting() == dict.fromkeys(arqs, "completed")
    place.send_all()
    (post,) = nova.posts
    assert post == [
        {
            "name": "accelerator-request-bound",
            "server_uuid": instance,
            "tag": arq,
            "status": "completed",
        }
        for arq in arqs
    ]
    assert nova.arrived == dict.fromkeys(arqs, "completed")
    assert place.waiting() == {}
    place.send_all()
    assert len(nova.posts) == 1


def test_an_instance_without_a_host_needs_no_word_of_a_bind_that_succeeded(
    place: Place, nova: FakeNova, instance: str
) -> None:
    nova.hosts[instance] = None
    (arq,) = place.stage.create_arqs()
    assert place.bind(arq, instance=instance).status == 202
    place.send_all()
    assert place.waiting() == {}
    assert len(nova.posts) == 1
    assert place.state(arq) == "Bound"


def test_what_failed_is_not_resolved_before_nova_has_the_event(
    place: Place, nova: FakeNova, instance: str
) -> None:
    nova.hosts[instance] = None
    (arq,) = place.stage.create_arqs()
    place.fail(arq, instance=instance)
    for _ in range(2):
        place.make_due()
        place.send_all()
        for version in VERSIONS:
            assert place.state(arq, version) == "BindStarted"
        assert place.resolved(instance) == 423
    listed = place.stage.call(
        "GET", "/v2/accelerator_requests?state=BindStarted", version="2.101"
    ).json["arqs"]
    assert [each["uuid"] for each in listed] == [arq]
    for query in ("state=BindFailed", "bind_state=resolved"):
        found = place.stage.call("GET", f"/v2/accelerator_requests?{query}", version="2.101")
        assert found.json["arqs"] == []

    nova.hosts[instance] = HOST
    place.make_due()
    place.send_all()
    assert nova.arrived == {arq: "failed"}
    assert place.resolved(instance) == 200
    for version in VERSIONS:
        assert place.state(arq, version) == "BindFailed"


def test_patience_ends(place: Place, nova: FakeNova, instance: str) -> None:
    nova.hosts[instance] = None
    (arq,) = place.stage.create_arqs()
    place.fail(arq, instance=instance)
    place.send_all()
    place.grow_old(100)
    assert place.state(arq) == "BindStarted"
    place.grow_old(301)
    assert place.state(arq) == "BindFailed"
    assert place.resolved(instance) == 200
    place.make_due()
    place.send_all()
    assert len(nova.posts) == 1


def test_nobody_waits_for_an_instance_that_nova_does_not_know(place: Place, nova: FakeNova) -> None:
    (arq,) = place.stage.create_arqs()
    place.fail(arq, instance=str(uuid.uuid4()))
    place.send_all()
    assert place.waiting() == {}
    assert place.state(arq) == "BindFailed"


@pytest.mark.parametrize("ends", ["unbound", "deleted", "deleted with its instance"])
def test_what_is_let_go_of_meanwhile_is_not_told(
    place: Place, nova: FakeNova, instance: str, ends: str
) -> None:
    for fails in (False, True):
        (arq,) = place.stage.create_arqs()
        if fails:
            place.fail(arq, instance=instance)
        else:
            assert place.bind(arq, instance=instance).status == 202
        if ends == "unbound":
            place.unbind(arq)
        else:
            query = f"arqs={arq}" if ends == "deleted" else f"instance={instance}"
            path = f"/v2/accelerator_requests?{query}"
            assert place.stage.call("DELETE", path, token="member", service=True).status == 204
        place.send_all()
        assert place.waiting() == {}
        assert nova.posts == []


def test_a_request_that_is_bound_anew_is_told_of_anew(
    place: Place, nova: FakeNova, instance: str
) -> None:
    (arq,) = place.stage.create_arqs()
    place.fail(arq, instance=instance)
    place.unbind(arq)
    assert place.bind(arq, instance=instance).status == 202
    assert place.state(arq) == "Bound"
    place.send_all()
    assert nova.arrived == {arq: "completed"}


def test_a_bind_that_is_repeated_is_told_of_once(
    place: Place, nova: FakeNova, instance: str
) -> None:
    (arq,) = place.stage.create_arqs()
    assert place.bind(arq, instance=instance).status == 202
    place.send_all()
    assert place.patch(place.last).status == 202
    place.send_all()
    assert len(nova.posts) == 1


def test_a_mixture_of_answers_is_taken_apart(place: Place, nova: FakeNova) -> None:
    arqs = [place.stage.create_arqs()[0] for _ in range(3)]
    hosts = {str(uuid.uuid4()): host for host in (HOST, None)}
    instances = [*hosts, str(uuid.uuid4())]  # the last one is unknown
    for arq, one in zip(arqs, instances, strict=True):
        place.fail(arq, instance=one)
    nova.hosts.update(hosts)
    due = _claim_all(place)
    told = place.client.send([each.event for each in due])
    assert [told[arq] for arq in arqs] == [Told.TAKEN, Told.NO_HOST, Told.NO_INSTANCE]
    place.sender._take(due, told)
    assert place.waiting() == {arqs[1]: "failed"}


def _claim_all(place: Place) -> list[DueEvent]:
    found: list[DueEvent] = []
    while due := place.sender._claim_next():
        found += due
    return found


@pytest.mark.parametrize("status", EventStatus)
@pytest.mark.parametrize("told", [*Told, None])
def test_only_what_nobody_needs_any_more_is_settled(status: EventStatus, told: Told | None) -> None:
    settled = told in (Told.TAKEN, Told.NO_INSTANCE) or (
        told is Told.NO_HOST and status is EventStatus.COMPLETED
    )
    assert is_settled(status, told) is settled


def test_an_answer_that_leaves_an_event_out_tells_nothing_of_it(
    place: Place, nova: FakeNova, instance: str
) -> None:
    (arq,) = place.stage.create_arqs()
    assert place.bind(arq, instance=instance).status == 202
    nova.after = lambda *_: ("200 OK", {"events": []})
    place.send_all()
    assert place.waiting() == {arq: "completed"}
    nova.after = lambda *_: None
    place.make_due()
    place.send_all()
    assert place.waiting() == {}


def test_an_event_that_nova_refuses_keeps_no_other_waiting(
    place: Place, nova: FakeNova, instance: str, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (place.stage.create_arqs()[0] for _ in range(2))
    answers = iter([("400 Bad Request", {"badRequest": {"code": 400, "message": "no"}})])
    nova.before = lambda *_: next(answers, None)
    assert place.bind(first).status == 202
    assert place.bind(second, instance=instance).status == 202
    place.send_all()
    assert "Nova (invalid): 400 no" in caplog.text
    assert nova.arrived == {second: "completed"}
    assert place.waiting() == {first: "completed"}
    place.make_due()
    place.send_all()
    assert place.waiting() == {}


def test_what_fails_as_a_whole_is_tried_again_and_told_once(
    place: Place, nova: FakeNova, instance: str, caplog: pytest.LogCaptureFixture
) -> None:
    nova.before = lambda *_: ("503 Service Unavailable", "<html>")
    (arq,) = place.stage.create_arqs()
    assert place.bind(arq, instance=instance).status == 202
    with caplog.at_level("INFO", logger="cyborg_rr"):
        place.sender.start()
        wait_until(lambda: caplog.text.count("Events cannot be sent to Nova") == 1)
        nova.before = lambda *_: None
        wait_until(lambda: place.waiting() == {})
        wait_until(lambda: "Events are sent to Nova again" in caplog.text)
    place.sender.stop()
    assert nova.arrived == {arq: "completed"}
    assert caplog.text.count("Events cannot be sent to Nova") == 1


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("fails", [False, True])
def test_a_call_that_is_cut_before_or_after_its_effect_is_made_again(
    place: Place, nova: FakeNova, instance: str, moment: str, fails: bool
) -> None:
    (arq,) = place.stage.create_arqs()
    if fails:
        place.fail(arq, instance=instance)
    else:
        assert place.bind(arq, instance=instance).status == 202
    setattr(nova, moment, lambda *_: ("500 Internal Server Error", {}))
    with pytest.raises(OutsideTrouble):
        place.sender.send_next()
    assert (arq in nova.arrived) is (moment == "after")
    assert place.state(arq) == ("BindStarted" if fails else "Bound")
    setattr(nova, moment, lambda *_: None)
    place.make_due()
    place.send_all()
    assert nova.arrived == {arq: "failed" if fails else "completed"}
    assert place.state(arq) == ("BindFailed" if fails else "Bound")


def test_conductors_that_send_at_the_same_time_send_each_event_once(
    place: Place, nova: FakeNova
) -> None:
    arqs = [place.stage.create_arqs()[0] for _ in range(12)]
    for arq in arqs:
        one = str(uuid.uuid4())
        nova.hosts[one] = HOST
        place.fail(arq, instance=one)
    senders = [place.make_sender() for _ in range(3)]

    def send(number: int) -> None:
        while senders[number].send_next():
            pass

    threads = [threading.Thread(target=send, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = sorted(event["tag"] for post in nova.posts for event in post)
    assert sent == sorted(arqs)


def test_what_a_conductor_claimed_before_it_died_is_sent_by_another_later(
    place: Place, nova: FakeNova, instance: str
) -> None:
    (arq,) = place.stage.create_arqs()
    assert place.bind(arq, instance=instance).status == 202
    assert [each.event.arq_uuid for each in place.sender._claim_next()] == [arq]
    place.send_all()
    assert nova.posts == []  # it may be sending it just now
    place.make_due()
    place.send_all()
    assert nova.arrived == {arq: "completed"}


def test_whoever_wakes_late_settles_nothing_of_a_later_bind(
    place: Place, nova: FakeNova, instance: str
) -> None:
    (arq,) = place.stage.create_arqs()
    assert place.bind(arq, instance=instance).status == 202
    late = place.sender._claim_next()
    place.unbind(arq)
    place.fail(arq, instance=instance)
    place.sender._take(late, {arq: Told.TAKEN})
    assert place.waiting() == {arq: "failed"}
    assert place.state(arq) == "BindStarted"


def test_the_background_sends_at_once(place: Place, nova: FakeNova, instance: str) -> None:
    place.sender.start()
    (arq,) = place.stage.create_arqs()
    assert place.bind(arq, instance=instance).status == 202
    wait_until(lambda: nova.arrived == {arq: "completed"}, events.POLL_SECONDS / 2)
    place.sender.stop()


def test_without_nova_a_failed_request_is_shown_as_failed(stage: Stage) -> None:
    """The conductor of this stage has nobody to tell."""
    stage.add_host(HOST)
    (arq,) = stage.create_arqs()
    instance = str(uuid.uuid4())
    stage.conductor.agents.unreachable.add(HOST)
    assert stage.bind([arq], HOST, instance_uuid=instance).status == 503
    shown = stage.call("GET", f"/v2/accelerator_requests/{arq}").json
    assert shown["state"] == "BindFailed"
    query = f"instance={instance}&bind_state=resolved"
    assert stage.call("GET", f"/v2/accelerator_requests?{query}").status == 200
    with stage.database.reading() as session:
        assert session.query(InstanceEventRow).count() == 0

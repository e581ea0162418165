"""What a conductor knows of who was heard when, and what conductors tell each other."""

from __future__ import annotations

from cyborg_rr.conductor.liveness.gossip import LivenessEndpoint
from cyborg_rr.conductor.liveness.heard import SUSPECT_SECONDS, Liveness
from tests.liveness.conftest import INTERVAL, Bus, Clock, Conductor, pass_time


def test_a_host_that_does_not_answer_is_suspect_for_a_while(clock: Clock) -> None:
    liveness = Liveness(clock)
    liveness.suspect("host")
    clock.now += SUSPECT_SECONDS - 1
    assert liveness.is_suspect("host")
    clock.now += 1
    assert not liveness.is_suspect("host")


def test_a_suspect_that_speaks_is_none_any_more(clock: Clock) -> None:
    liveness = Liveness(clock)
    liveness.suspect("host")
    liveness.heard("host")
    assert not liveness.is_suspect("host")


def test_a_host_that_speaks_while_a_call_to_it_is_lost_is_no_suspect(clock: Clock) -> None:
    liveness = Liveness(clock)
    asked_at = liveness.now()
    clock.now += 3
    liveness.heard("host")
    clock.now += 7
    liveness.suspect("host", asked_at)
    assert not liveness.is_suspect("host")
    liveness.suspect("host", liveness.now())
    assert liveness.is_suspect("host")


def test_what_others_heard_before_it_fell_silent_does_not_clear_a_suspect(clock: Clock) -> None:
    liveness = Liveness(clock)
    liveness.suspect("host")
    clock.now += 5
    liveness.hear_of({"host": 6.0})
    assert liveness.is_suspect("host")
    liveness.hear_of({"host": 1.0})
    assert not liveness.is_suspect("host")


def test_an_older_word_changes_nothing(clock: Clock) -> None:
    liveness = Liveness(clock)
    liveness.heard("host")
    liveness.hear_of({"host": 50.0})
    assert liveness.find_silence("host") == 0


def test_what_one_conductor_hears_the_others_know(bus: Bus, clock: Clock) -> None:
    first, second = Conductor("a", bus, clock), Conductor("b", bus, clock)
    first.liveness.heard("host")
    clock.now += 4
    first.gossip.tell()
    assert second.liveness.find_silence("host") == 4


def test_only_news_is_told_again(bus: Bus, clock: Clock) -> None:
    first = Conductor("a", bus, clock)
    Conductor("b", bus, clock)
    first.liveness.heard("host")
    first.gossip.tell()
    assert first.liveness.take_news() == {}


def test_a_new_conductor_is_told_all_that_the_others_know(bus: Bus, clock: Clock) -> None:
    first = Conductor("a", bus, clock)
    first.liveness.heard("host")
    pass_time(30, first)
    second = Conductor("b", bus, clock)
    second.gossip.tell()
    first.gossip.tell()
    assert second.liveness.find_silence("host") == 30


def test_what_could_not_be_told_is_told_later(bus: Bus, clock: Clock) -> None:
    first, second = Conductor("a", bus, clock), Conductor("b", bus, clock)
    pass_time(INTERVAL, first, second)
    bus.is_cut = True
    first.liveness.heard("host")
    first.gossip.tell()
    bus.is_cut = False
    first.gossip.tell()
    assert second.liveness.find_silence("host") == 0


def test_a_conductor_that_does_not_hear_itself_listens_to_nobody(bus: Bus, clock: Clock) -> None:
    first = Conductor("a", bus, clock)
    assert first.gossip.find_listening_since() is None
    pass_time(INTERVAL, first)
    since = first.gossip.find_listening_since()
    assert since == clock.now
    bus.deaf.append(first.gossip)
    pass_time(4 * INTERVAL, first)
    assert first.gossip.find_listening_since() is None
    bus.deaf.clear()
    pass_time(INTERVAL, first)
    assert first.gossip.find_listening_since() == clock.now


def test_whoever_was_stopped_begins_to_listen_anew(bus: Bus, clock: Clock) -> None:
    first = Conductor("a", bus, clock)
    pass_time(600, first)
    clock.now += 3600  # stopped
    assert first.gossip.find_listening_since() is None
    first.gossip.tell()
    assert first.gossip.find_listening_since() == clock.now


def test_an_own_word_that_comes_back_after_a_long_time_is_no_sign(bus: Bus, clock: Clock) -> None:
    first = Conductor("a", bus, clock)
    bus.deaf.append(first.gossip)
    first.gossip.tell()
    clock.now += 3600
    first.gossip.tell()
    first.gossip.hear("a", "run of a", 1, {}, asks=False)
    assert first.gossip.find_listening_since() is None


def test_ages_that_are_none_are_dropped(bus: Bus, clock: Clock) -> None:
    first = Conductor("a", bus, clock)
    ages = {"good": 1, "late": -1.0, "text": "1", "endless": float("nan"), "never": float("inf")}
    LivenessEndpoint(first.gossip, first.liveness).hear({}, "b", "r", 1, ages, False, later=1)  # type: ignore[arg-type]
    assert list(first.liveness.list_ages()) == ["good"]


def test_the_endpoint_answers_for_the_hosts_that_are_asked_for(bus: Bus, clock: Clock) -> None:
    first = Conductor("a", bus, clock)
    first.liveness.hear_of({"one": 3.0, "two": 4.0})
    answer = LivenessEndpoint(first.gossip, first.liveness).list_last_seen({}, ["two", "three"])
    assert answer == {"answer": {"two": 4.0}}

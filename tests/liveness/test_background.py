"""Hosts are told by threads of their own; whoever asked for it waits a moment."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from cyborg_rr.conductor.liveness.background import Background
from cyborg_rr.db.hardware.handles import HostClaim
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.domain.hardware.hosts import AgentPlace
from cyborg_rr.domain.requests import Claim
from tests.patience import without_waiting

PLACES = [AgentPlace(f"h{n}", f"h{n}") for n in range(30)]


def claim(number: int) -> HostClaim:
    """Some claim."""
    handle = AttachHandle("PCI", {"bus": str(number)})
    return HostClaim(Claim(str(number), "", "d", handle), "h", "h", number)


class Hosts:
    """Told of claims; the first waits until the test lets it go."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.told: dict[str, list[list[str]]] = {}
        self.begun = threading.Semaphore(0)

    def tell(self, place: AgentPlace, claims: Sequence[HostClaim]) -> None:
        """One call to a host."""
        calls = self.told.setdefault(place.hostname, [])
        calls.append([item.claim.binding_id for item in claims])
        self.begun.release()
        if place == PLACES[0]:
            assert self.gate.wait(60)


def test_one_dead_host_does_not_keep_the_others_from_being_told() -> None:
    hosts, background = Hosts(), Background(threads=2)
    dead = background.submit({PLACES[0]: [claim(0)]}, hosts.tell)
    well = background.submit({place: [claim(1)] for place in PLACES[1:]}, hosts.tell)
    background.wait_for(well, 30)
    assert all(future.done() for future in well)
    assert not dead[0].done()
    hosts.gate.set()
    background.stop(30)
    assert dead[0].done()


def test_who_asks_waits_no_longer_than_it_says() -> None:
    hosts, background = Hosts(), Background()
    told = background.submit({PLACES[0]: [claim(0)]}, hosts.tell)
    background.wait_for(told, 0.05)
    assert not told[0].done()
    hosts.gate.set()
    background.stop(30)


def test_what_gathers_for_a_host_goes_in_one_call_and_one_at_a_time() -> None:
    hosts, background = Hosts(), Background()
    futures = background.submit({PLACES[0]: [claim(0)]}, hosts.tell)
    assert hosts.begun.acquire(timeout=30)
    for number in (1, 2, 3):
        futures += background.submit({PLACES[0]: [claim(number)]}, hosts.tell)
    hosts.gate.set()
    background.wait_for(futures, 30)
    assert hosts.told["h0"] == [["0"], ["1", "2", "3"]]
    background.stop(30)


def test_too_much_is_left_to_the_healing_loop() -> None:
    hosts, background = Hosts(), Background(most=2)
    background.submit({PLACES[0]: [claim(0)]}, hosts.tell)
    assert hosts.begun.acquire(timeout=30)
    assert len(background.submit({PLACES[0]: [claim(1), claim(2)]}, hosts.tell)) == 2
    assert background.submit({PLACES[0]: [claim(3)]}, hosts.tell) == []
    hosts.gate.set()
    background.stop(30)
    assert hosts.told["h0"] == [["0"], ["1", "2"]]


def test_trouble_with_one_host_is_no_trouble_of_the_next(caplog: object) -> None:
    background = Background(threads=1)

    def fail(place: AgentPlace, claims: Sequence[HostClaim]) -> None:
        raise RuntimeError(place.hostname)

    background.wait_for(background.submit({PLACES[0]: [claim(0)]}, fail), 30)
    hosts = Hosts()
    told = background.submit({PLACES[1]: [claim(1)]}, hosts.tell)
    background.wait_for(told, 30)
    assert hosts.told == {"h1": [["1"]]}
    background.stop(30)


def test_a_stop_finishes_what_is_there_but_waits_for_no_dead_host() -> None:
    hosts, background = Hosts(), Background()
    background.submit({place: [claim(1)] for place in PLACES[1:]}, hosts.tell)
    background.stop(30)
    assert len(hosts.told) == len(PLACES) - 1
    hosts, background = Hosts(), Background()
    background.submit({PLACES[0]: [claim(0)]}, hosts.tell)
    with without_waiting():
        background.stop(0.1)
    hosts.gate.set()

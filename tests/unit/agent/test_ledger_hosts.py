"""Whose ledger it is: an id for each host, the machine it is of, and the runs of its agent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.ledger.faults import LedgerOfAnother
from cyborg_rr.agent.ledger.hosts import RealHost
from tests.unit.agent.builders import make_claim, make_device, make_old_claim, write_first_release

DEVICE = make_device(1)
HERE = {"machine-id": "m1", "product_uuid": "u1"}
THERE = {"machine-id": "m2", "product_uuid": "u2"}


class Machine:
    """A state directory, and the ledger in it as each start of the agent finds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: list[Ledger] = []

    def start(
        self,
        name: str = "host",
        parts: dict[str, str] = HERE,
        simulated: tuple[str, ...] = (),
        adopts: bool = False,
    ) -> Ledger:
        ledger = Ledger(self.path)
        self._open.append(ledger)
        ledger.settle(RealHost(name, parts), simulated, adopts)
        return ledger

    def close(self) -> None:
        for ledger in self._open:
            ledger.close()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine on which no agent ran yet."""
    machine = Machine(tmp_path / "ledger.sqlite")
    yield machine
    machine.close()


def test_a_host_keeps_its_id_and_each_simulated_one_has_its_own(machine: Machine) -> None:
    first = machine.start(simulated=("s-1", "s-2"))
    ids = {name: first.identify(name).id for name in ("host", "s-1", "s-2")}
    assert len(set(ids.values())) == 3
    again = machine.start(simulated=("s-2", "s-1", "s-3"))
    assert {name: again.identify(name).id for name in ids} == ids
    assert again.identify("host").machine
    assert again.identify("s-1").machine == ""
    assert again.find_hostname(ids["s-2"]) == "s-2"
    assert again.find_hostname("another") is None


def test_a_ledger_without_claims_follows_the_name_of_its_host(machine: Machine) -> None:
    first = machine.start("before")
    assert machine.start("after").identify("after").id == first.identify("before").id


def test_claims_under_another_name_are_refused_until_they_are_adopted(machine: Machine) -> None:
    first = machine.start("before")
    first.claim("before", [make_claim(DEVICE, "a")])
    with pytest.raises(LedgerOfAnother, match=r"1 claim of host before.*--adopt-ledger"):
        machine.start("after")
    adopted = machine.start("after", adopts=True)
    assert adopted.identify("after").id == first.identify("before").id
    assert [claim.binding_id for claim in adopted.list_claims("after")] == ["a"]
    assert adopted.list_claims("before") == []
    machine.start("after")


def test_a_name_given_back_needs_no_adoption(machine: Machine) -> None:
    machine.start("before").claim("before", [make_claim(DEVICE, "a")])
    with pytest.raises(LedgerOfAnother):
        machine.start("after")
    assert len(machine.start("before").list_claims("before")) == 1


def test_a_ledger_of_the_first_release_under_another_name_is_refused_too(machine: Machine) -> None:
    write_first_release(
        machine.path,
        {"before": [make_old_claim(DEVICE, "a")], "s-1": [make_old_claim(DEVICE, "b")]},
    )
    with pytest.raises(LedgerOfAnother, match="host before"):
        machine.start("after", simulated=("s-1",))
    adopted = machine.start("after", simulated=("s-1",), adopts=True)
    assert [claim.binding_id for claim in adopted.list_claims("after")] == ["a"]
    assert [claim.binding_id for claim in adopted.list_claims("s-1")] == ["b"]
    machine.start("after", simulated=("s-1",))


def test_a_ledger_of_the_first_release_of_this_host_starts_as_it_is(machine: Machine) -> None:
    write_first_release(machine.path, {"host": [make_old_claim(DEVICE, "a")]})
    ledger = machine.start("host")
    assert len(ledger.list_claims("host")) == 1
    assert ledger.identify("host").machine
    with pytest.raises(LedgerOfAnother, match="another machine"):
        machine.start("host", THERE)


def test_a_ledger_of_another_machine_is_refused_even_without_claims(machine: Machine) -> None:
    machine.start()
    with pytest.raises(LedgerOfAnother, match=r"machine-id and product_uuid.*empty this directory"):
        machine.start(parts=THERE)
    with pytest.raises(LedgerOfAnother, match=r"\(its machine-id differ"):
        machine.start(parts={**HERE, "machine-id": "reinstalled"})


def test_an_adopted_ledger_is_this_machines_from_then_on(machine: Machine) -> None:
    host_id = machine.start().identify("host").id
    adopted = machine.start(parts=THERE, adopts=True)
    assert adopted.identify("host").id == host_id
    machine.start(parts=THERE)
    with pytest.raises(LedgerOfAnother):
        machine.start(parts=HERE)


@pytest.mark.parametrize("first", [{}, {"machine-id": "m1"}, HERE])
@pytest.mark.parametrize("second", [{}, {"machine-id": "m1"}, HERE])
def test_what_a_machine_does_not_say_now_is_no_difference(
    machine: Machine, first: dict[str, str], second: dict[str, str]
) -> None:
    told = [machine.start(parts=parts).identify("host").machine for parts in (first, second, first)]
    assert len({each for each in told if each}) <= 1, "the conductor refuses another machine"
    machine.start(parts=HERE)
    with pytest.raises(LedgerOfAnother):
        machine.start(parts=THERE)


def test_each_run_follows_the_last_one_that_a_conductor_took(machine: Machine) -> None:
    first = machine.start()
    one = first.identify("host")
    assert one.last_run is None
    first.take_runs(["host"])
    second = machine.start()
    two = second.identify("host")
    assert (two.last_run, two.run != one.run) == (one.run, True)
    third = machine.start().identify("host")  # nobody is known to have taken the second
    assert third == two
    second.take_runs(["host"])
    four = machine.start().identify("host")
    assert four.last_run == two.run
    assert four.run not in {one.run, two.run}


def test_what_was_learnt_stays_with_its_host(machine: Machine) -> None:
    first = machine.start(simulated=("s-1",))
    first.learn("host", {"slot": {"uuid": "GPU-1", "memory_bytes": 2**40}})
    first.learn("host", {"slot": {"uuid": "GPU-2"}, "other": {}})
    again = machine.start("renamed", simulated=("s-1",))
    assert again.list_learnt("renamed") == {"slot": {"uuid": "GPU-2"}, "other": {}}
    assert again.list_learnt("s-1") == {}

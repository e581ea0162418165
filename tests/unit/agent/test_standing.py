"""What stands in the ledger, whoever wrote it and when, excludes what overlaps with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cyborg_rr.domain.errors import HandleInUse
from tests.unit.agent.builders import (
    HOST,
    make_claim,
    make_device,
    make_old_claim,
    make_snapshot,
    write_first_release,
)
from tests.unit.agent.test_attach import GPU_1, Driver, Machine, split


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine whose agent has not started."""
    machine = Machine(tmp_path / "ledger.sqlite", Driver())
    yield machine
    for ledger in machine.ledgers:
        ledger.close()


@pytest.mark.parametrize("identity", [GPU_1, None], ids=["serial", "silent"])
@pytest.mark.parametrize("is_over", [True, False], ids=["unclean", "held"])
@pytest.mark.parametrize("has_ended", [True, False], ids=["restarted", "running"])
def test_a_whole_held_before_it_had_functions_excludes_them_though_it_is_not_offered(
    machine: Machine, identity: str | None, is_over: bool, has_ended: bool
) -> None:
    plain, divided = make_device(1, identity), split(1, 4, whole=False, identity=identity)
    agent = machine.start(plain)
    agent.prepare(HOST, [make_claim(plain, "a", holder="one")])
    if is_over:
        machine.look(agent, make_snapshot())
        agent.release(HOST, [make_claim(plain, "a")])
    agent = machine.start(divided) if has_ended else agent
    machine.look(agent, make_snapshot(divided))
    with pytest.raises(HandleInUse, match="functions"):
        agent.prepare(HOST, [make_claim(divided, "b", holder="two")])
    assert not any("vf" in claim.handle.place for claim in agent.list_claims(HOST))


def test_a_whole_of_the_first_release_excludes_its_functions(machine: Machine) -> None:
    write_first_release(machine.path, {HOST: [make_old_claim(split(1, 0), "a")]})
    divided = split(1, 4, whole=False, identity=GPU_1)
    agent = machine.start(divided)
    with pytest.raises(HandleInUse, match=r"functions.*arq-of-a"):
        agent.prepare(HOST, [make_claim(divided, "b")])


@pytest.mark.parametrize("part", [0, 1], ids=["the whole", "the same function"])
def test_what_the_conductor_says_is_held_is_prepared_only_where_nobody_else_has_it(
    machine: Machine, part: int
) -> None:
    device = split(1, 4)
    own = make_claim(device, "a", 0, part, holder="one")
    theirs = make_claim(device, "b", 0, 1, holder="two")
    agent = machine.start(device)
    agent.prepare(HOST, [theirs])
    agent.record_held(HOST, [own])
    with pytest.raises(HandleInUse, match="arq-of-b") as caught:
        agent.prepare(HOST, [own])
    assert caught.value.binding_id == "a"
    assert machine.driver.prepared == {theirs.handle.key}
    assert {claim.binding_id for claim in agent.list_claims(HOST)} == {"a", "b"}


@pytest.mark.parametrize("part", [0, 1], ids=["the whole", "the same function"])
def test_what_was_only_told_is_forgotten_without_a_word_to_the_driver_while_another_has_it(
    machine: Machine, part: int
) -> None:
    device = split(1, 4)
    own = make_claim(device, "a", 0, part, holder="one")
    theirs = make_claim(device, "b", 0, 1, holder="two")
    agent = machine.start(device)
    agent.prepare(HOST, [theirs])
    agent.record_held(HOST, [own])
    machine.driver.is_stuck = True  # a call of release fails
    agent.release(HOST, [own])
    assert machine.driver.prepared == {theirs.handle.key}
    assert [claim.binding_id for claim in agent.list_claims(HOST)] == ["b"]


def test_what_was_only_told_and_nobody_else_has_is_undone(machine: Machine) -> None:
    """The ledger may have been lost after it was prepared."""
    claim = make_claim(make_device(1), "a")
    machine.start(make_device(1)).prepare(HOST, [claim])
    machine.ledgers.pop().close()
    machine.path.unlink()
    agent = machine.start(make_device(1))
    agent.record_held(HOST, [claim])
    agent.release(HOST, [claim])
    assert machine.driver.prepared == set()


def test_what_was_told_and_has_been_prepared_stands_like_any_other(machine: Machine) -> None:
    device = split(1, 4)
    own, theirs = make_claim(device, "a", 0, 1), make_claim(device, "b")
    agent = machine.start(device)
    agent.record_held(HOST, [own])
    agent.prepare(HOST, [own])
    agent.record_held(HOST, [theirs])
    agent.prepare(HOST, [own])
    with pytest.raises(HandleInUse, match="arq-of-a"):
        agent.prepare(HOST, [theirs])

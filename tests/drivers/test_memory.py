"""What drivers learnt outlives the device's silence, and only what is new is written down."""

from __future__ import annotations

from cyborg_rr.drivers.driver import Look, Memory

SLOT = '{"bus":"3b"}'


def test_what_was_learnt_is_recalled_by_its_slot_alone() -> None:
    memory = Memory({SLOT: {"uuid": "GPU-1"}})
    assert memory.recall(SLOT) == {"uuid": "GPU-1"}
    assert memory.recall("another") is None


def test_only_news_is_handed_on_and_only_once() -> None:
    memory = Memory({SLOT: {"uuid": "GPU-1"}})
    memory.learn(SLOT, {"uuid": "GPU-1"})
    assert memory.take_news() == {}
    memory.learn(SLOT, {"uuid": "GPU-2"})
    assert memory.recall(SLOT) == {"uuid": "GPU-2"}
    assert memory.take_news() == {SLOT: {"uuid": "GPU-2"}}
    assert memory.take_news() == {}


def test_what_a_driver_does_to_its_facts_later_changes_no_memory() -> None:
    memory = Memory()
    facts = {"uuid": "GPU-1"}
    memory.learn(SLOT, facts)
    facts["uuid"] = "GPU-2"
    assert memory.recall(SLOT) == {"uuid": "GPU-1"}


def test_a_look_without_a_memory_begins_with_an_empty_one() -> None:
    assert Look().memory.recall(SLOT) is None

"""What agents say of themselves: read tolerantly, held within bounds, stored when it is new."""

from __future__ import annotations

from typing import Any

import pytest

from cyborg_rr.conductor.report import Reporter
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import hosts
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.hosts import AgentWord, DriverWord, HostIdentity
from cyborg_rr.domain.hardware.life import Cleanings
from cyborg_rr.rpc import messages
from tests.builders import hash_of, make_snapshot
from tests.shipped import load
from tests.statements import counted

SELF = HostIdentity("6e9f0c1a-0000-4000-8000-000000000001", "m", "node", "run", None, 1)
WORD = AgentWord("1.0", 60, {"pci": DriverWord(3), "nvidia_gpu": DriverWord(0, "no library")})


def test_a_word_crosses_the_bus() -> None:
    context = messages.make_context(10, SELF, Cleanings(), WORD)
    assert messages.parse_word(context) == WORD
    assert messages.parse_host(context) == SELF
    assert messages.parse_word(messages.make_context(10, SELF)) is None


def test_what_a_later_release_says_besides_is_dropped() -> None:
    context: dict[str, Any] = messages.make_context(10, SELF, None, WORD)
    context["agent"]["mood"] = "good"
    context["agent"]["drivers"]["pci"]["since"] = 1
    assert messages.parse_word(context) == WORD


@pytest.mark.parametrize(
    "said", [[], {}, {"version": 1, "report_interval": 60}, {"version": "1", "drivers": {}}]
)
def test_what_is_no_word_is_refused(said: object) -> None:
    with pytest.raises(InvalidInput):
        messages.parse_word({"agent": said})


@pytest.mark.parametrize(
    "word",
    [
        AgentWord("1" * 51, 60),
        AgentWord("1", -1),
        AgentWord("1", 2**31),
        AgentWord("1", 60, {f"d{n}": DriverWord(0) for n in range(201)}),
        AgentWord("1", 60, {"d": DriverWord(0, "x" * 5000)}),
        AgentWord("1", 60, {"d" * 5000: DriverWord(0)}),
    ],
    ids=["version", "negative", "interval", "drivers", "trouble", "name"],
)
def test_a_word_beyond_its_bounds_changes_nothing(database: Database, word: AgentWord) -> None:
    reporter = Reporter(database, load(), (), 60)
    snapshot = make_snapshot("host", 1)
    with pytest.raises(InvalidInput):
        reporter.synchronise("host", "agent", hash_of(snapshot), [], SELF, Cleanings(), None, word)
    with pytest.raises(InvalidInput):
        reporter.report("agent", snapshot, hash_of(snapshot), None, SELF, word=word)
    with database.reading() as session:
        assert hosts.list_hosts(session) == []


def test_a_word_is_written_once(database: Database) -> None:
    reporter = Reporter(database, load(), (), 60)
    snapshot = make_snapshot("host", 1)
    reporter.report("agent", snapshot, hash_of(snapshot), None, SELF)

    def speak(word: AgentWord | None) -> list[str]:
        with counted(database.engine) as statements:
            reporter.synchronise(
                "host", "agent", hash_of(snapshot), [], SELF, Cleanings(), None, word
            )
        return [text for text in statements if text.lstrip().startswith("UPDATE")]

    assert len(speak(WORD)) == 1
    assert speak(WORD) == []
    assert speak(None) == []  # an older agent says nothing, and what was said stays
    with database.reading() as session:
        assert hosts.get_host(session, "host").known.word == WORD

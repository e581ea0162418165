"""Who may speak for a host."""

from __future__ import annotations

import pytest

from cyborg_rr.domain.hardware.hosts import HostIdentity, KnownHost, Speaker, find_refusal

SELF = HostIdentity("id-1", "machine-1", "node-1", "run-2", "run-1")
KNOWN = KnownHost("host", "agent", "id-1", "machine-1", "node-1", "run-1")


def refusal(
    identity: HostIdentity | None,
    by_name: KnownHost | None,
    by_id: KnownHost | None,
    agent: str = "agent",
) -> str | None:
    found = find_refusal(Speaker("host", agent, identity), by_name, by_id)
    return None if found is None else found.reason


@pytest.mark.parametrize("identity", [None, SELF])
def test_a_new_host_is_welcome(identity: HostIdentity | None) -> None:
    assert refusal(identity, None, None) is None


def test_a_host_gets_the_id_of_its_own_agent_only() -> None:
    nameless = KnownHost("host", "agent")
    assert refusal(SELF, nameless, None) is None
    assert refusal(None, nameless, None) is None
    assert "not by other" in str(refusal(None, nameless, None, agent="other"))
    assert "another machine" in str(refusal(SELF, nameless, None, agent="other"))


def test_an_agent_of_the_first_release_is_refused_where_the_host_has_an_id() -> None:
    text = str(refusal(None, KNOWN, None))
    assert "node-1 (host id id-1)" in text
    assert "agent, which says no host id" in text


def test_another_id_under_the_same_name_is_refused_with_both_machines() -> None:
    other = HostIdentity("id-2", "machine-2", "node-2", "run-9")
    text = str(refusal(other, KNOWN, None))
    assert "node-1 (host id id-1)" in text
    assert "node-2 (host id id-2)" in text


def test_the_same_id_under_a_new_name_is_welcome_unless_the_name_is_taken() -> None:
    moved = KnownHost("old-name", "agent", "id-1", "machine-1", "node-1", "run-1")
    assert refusal(SELF, None, moved) is None
    for taken in (KnownHost("host", "agent", "id-2", node="node-2"), KnownHost("host", "agent")):
        assert "old-name" in str(refusal(SELF, taken, moved))


def test_the_same_id_on_another_machine_is_a_copy() -> None:
    copy = HostIdentity("id-1", "machine-2", "node-2", "run-1")
    assert "node-2" in str(refusal(copy, KNOWN, KNOWN))
    silent = HostIdentity("id-1", "", "node-2", "run-1")  # its ledger would still know better
    assert "node-2" in str(refusal(silent, KNOWN, KNOWN))
    from_silence = KnownHost("host", "agent", "id-1", "", "node-1", "run-1")
    assert refusal(SELF, from_silence, from_silence) is None


@pytest.mark.parametrize(
    ("run", "last_run", "is_welcome"),
    [
        ("run-1", None, True),
        ("run-2", "run-1", True),
        ("run-2", "run-0", False),
        ("run-2", None, False),
    ],
)
def test_only_the_known_run_and_the_next_are_welcome(
    run: str, last_run: str | None, is_welcome: bool
) -> None:
    identity = HostIdentity("id-1", "machine-1", "node-1", run, last_run)
    assert (refusal(identity, KNOWN, KNOWN) is None) is is_welcome


def test_an_adopted_host_takes_any_machine_and_run_of_the_id() -> None:
    adopted = KnownHost("host", "agent", "id-1")
    assert refusal(SELF, adopted, adopted, agent="other") is None

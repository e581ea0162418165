"""The host's ledger refuses what a conductor must never ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.strategies import integers

from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.domain.errors import HandleInUse
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.domain.requests import Claim


def make_claim(handle: int, binding: str) -> Claim:
    """A claim of a numbered handle."""
    return Claim(
        binding,
        f"arq-of-{binding}",
        "host_part",
        AttachHandle("TEST_PCI", {"function": str(handle)}),
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


def test_a_second_claim_of_a_handle_is_refused(ledger: Ledger) -> None:
    ledger.claim("host", [make_claim(0, "a")])
    with pytest.raises(HandleInUse, match="arq-of-a"):
        ledger.claim("host", [make_claim(0, "b")])
    assert [claim.binding_id for claim in ledger.list_claims("host")] == ["a"]


def test_claims_are_taken_all_or_none(ledger: Ledger) -> None:
    ledger.claim("host", [make_claim(1, "a")])
    with pytest.raises(HandleInUse):
        ledger.claim("host", [make_claim(0, "b"), make_claim(1, "c")])
    assert len(ledger.list_claims("host")) == 1


def test_a_repeated_claim_is_the_same_claim(ledger: Ledger) -> None:
    assert len(ledger.claim("host", [make_claim(0, "a")])) == 1
    assert ledger.claim("host", [make_claim(0, "a")]) == []


def test_a_claim_that_comes_after_its_release_is_refused(ledger: Ledger) -> None:
    ledger.release(["a"])
    with pytest.raises(HandleInUse, match="released before"):
        ledger.claim("host", [make_claim(0, "a")])


def test_the_same_address_on_two_hosts_is_two_handles(ledger: Ledger) -> None:
    ledger.claim("host-1", [make_claim(0, "a")])
    ledger.claim("host-2", [make_claim(0, "b")])
    assert [claim.binding_id for claim in ledger.list_claims("host-2")] == ["b"]


def test_claims_outlive_the_process(tmp_path: Path) -> None:
    first = Ledger(tmp_path / "ledger.sqlite")
    first.claim("host", [make_claim(0, "a")])
    second = Ledger(tmp_path / "ledger.sqlite")  # the first is not closed: as after kill -9
    with pytest.raises(HandleInUse):
        second.claim("host", [make_claim(0, "b")])
    first.close()
    second.close()


class LedgerMachine(RuleBasedStateMachine):
    """Any order of claims and releases against a model of two dictionaries."""

    @initialize()
    def start(self) -> None:
        import tempfile

        self.directory = tempfile.TemporaryDirectory()
        self.ledger = Ledger(Path(self.directory.name) / "ledger.sqlite")
        self.held: dict[int, int] = {}
        self.over: set[int] = set()

    @rule(handle=integers(0, 3), binding=integers(0, 6))
    def claim(self, handle: int, binding: int) -> None:
        of_binding = {b: h for h, b in self.held.items()}
        allowed = (
            binding not in self.over
            and self.held.get(handle, binding) == binding
            and of_binding.get(binding, handle) == handle
        )
        try:
            self.ledger.claim("host", [make_claim(handle, str(binding))])
        except HandleInUse:
            assert not allowed
        else:
            assert allowed
            self.held[handle] = binding

    @rule(binding=integers(0, 6))
    def release(self, binding: int) -> None:
        self.ledger.release([str(binding)])
        self.over.add(binding)
        self.held = {h: b for h, b in self.held.items() if b != binding}

    @invariant()
    def claims_are_those_of_the_model(self) -> None:
        if hasattr(self, "ledger"):
            claims = self.ledger.list_claims("host")
            found = {int(c.handle.info["function"]): int(c.binding_id) for c in claims}
            assert found == self.held

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.directory.cleanup()


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)

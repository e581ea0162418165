"""Random histories of one host's ledger: never two live holders of overlapping hardware.

The model knows cards by their serial number, wherever they are and whatever the host is called. A
card is given out whole or by virtual functions; two of the cards share an isolation unit. What a
card had when it was let go of is cleaned at once while it is there; else it stays unclean until it
is back.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.ledger.faults import LedgerOfAnother
from cyborg_rr.agent.ledger.hosts import RealHost
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS
from cyborg_rr.domain.hardware.devices import AttachHandle, Device, Snapshot
from cyborg_rr.domain.hardware.life import CleanState, Unclean
from cyborg_rr.domain.requests import Claim
from cyborg_rr.drivers.driver import HandleUnusable
from tests.fakes.direct import QuietDriver
from tests.unit.agent.builders import (
    make_claim,
    make_device,
    make_handle,
    make_old_claim,
    make_part,
)

CARDS, FUNCTIONS_EACH, BUSES, INSTANCES = 3, 2, 5, 2
UNITS = ("iommu_group:1", "iommu_group:1", None)
MACHINES = ({"machine-id": "here"}, {"machine-id": "there"})
CARD, BUS = st.integers(0, CARDS - 1), st.integers(0, BUSES - 1)
BINDING = st.integers(0, 9)

Piece = tuple[int, int]
"""A card and what of it: 0 the whole, else a virtual function."""


class MoodyDriver(QuietDriver):
    """Refuses what it is told to."""

    refuses = False

    def prepare(self, handle: AttachHandle) -> None:
        """All handles alike."""
        if self.refuses:
            raise HandleUnusable("not today")


class LedgerHistory(RuleBasedStateMachine):
    """``held`` is the model: binding to (piece, instance), ``over`` the released bindings.

    ``unclean`` are the released ones whose card was not there to be cleaned. Those in ``by_slot``
    are of a card that has not said which one it is since: only its slot and kind tell.
    """

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "state" / "agent-ledger.sqlite"
        self.slots: dict[int, int | None] = {card: card for card in range(CARDS)}
        self.last_bus: dict[int, int | None] = {}
        self.speaks = [True] * CARDS
        self.name = "host-0"
        self.held: dict[str, tuple[Piece, str]] = {}
        self.over: set[str] = set()
        self.unclean: dict[str, Piece] = {}
        self.by_slot: set[str] = set()
        self.driver = MoodyDriver()
        self.ledger: Ledger | None = None
        self.start()

    def start(self, adopts: bool = False) -> None:
        if self.ledger is not None:
            self.stop()
        self.ledger = Ledger(self.path)
        self.ledger.settle(RealHost(self.name, MACHINES[0]), (), adopts)
        self.agent = Attachments(self.ledger)
        self.look()

    def stop(self) -> None:
        assert self.ledger is not None
        self.agent.cleaner.stop()
        self.ledger.close()
        self.ledger = None

    def teardown(self) -> None:
        self.stop()
        self.directory.cleanup()

    def make(self, card: int, bus: int) -> Device:
        """The card as it is now on a bus."""
        unit = UNITS[card]
        whole = make_handle(bus, consumes={FUNCTIONS: ALL_FUNCTIONS}, unit=unit)
        virtual = [
            make_handle(bus, f"vf{n}", function=n + 1, consumes={FUNCTIONS: 1}, unit=unit)
            for n in range(FUNCTIONS_EACH)
        ]
        identity = f"nvidia:GPU-{card}" if self.speaks[card] else None
        parts = [make_part(bus, [whole]), make_part(bus, virtual, "vf")]
        return make_device(bus, identity, parts, f"{card:04x}", functions=ALL_FUNCTIONS)

    @rule()
    def look(self) -> None:
        devices = [self.make(card, bus) for card, bus in self.slots.items() if bus is not None]
        drivers = {part.name: self.driver for device in devices for part in device.deployables}
        self.agent.know(Snapshot(self.name, tuple(devices)), drivers)
        self.wait_for_cleans()
        for name in [name for name in self.unclean if self.can_be_cleaned(name)]:
            del self.unclean[name]

    def wait_for_cleans(self) -> None:
        deadline = time.monotonic() + 60
        while any(item.state is CleanState.DIRTY for item in self.list_unclean()):
            assert time.monotonic() < deadline
            time.sleep(0.001)

    def list_unclean(self) -> Sequence[Unclean]:
        return self.agent.cleaner.list_state(self.name)[1].unclean

    def claim_of(self, piece: Piece, bus: int, binding: str, instance: str, kind: str) -> Claim:
        device = self.make(piece[0], bus)
        part, index = (0, 0) if piece[1] == 0 else (1, piece[1] - 1)
        if kind == "first release":
            old = make_old_claim(device, binding)
            bare = make_claim(device, binding, index, part)
            handle = AttachHandle(bare.handle.type, bare.handle.info)
            return type(old)(binding, old.arq_uuid, bare.deployable_name, handle)
        return make_claim(device, binding, index, part, instance)

    def told_the_bus(self, card: int, piece: Piece) -> bool:
        """Whether the holder of a card that is gone was told the address of this one."""
        return self.last_bus.get(card) == self.slots[piece[0]]

    def find_card(self, name: str, card: int) -> int | None:
        """What the host takes for the card of a binding: itself, or a silent one in its slot."""
        if self.slots[card] is not None:
            return card
        there = next((c for c, bus in self.slots.items() if bus == self.last_bus[card]), None)
        is_presumed = there is not None and not self.speaks[there] and name not in self.by_slot
        return there if is_presumed else None

    def can_be_cleaned(self, name: str) -> bool:
        """Whether its card is there, or presumably, and then nobody else has some of that."""
        card = self.unclean[name][0]
        there = self.find_card(name, card)
        if there is None or name in self.by_slot or self.speaks[there]:
            return there is not None
        return not any(
            self.find_card(other, piece[0]) == there
            for other, (piece, _) in self.held.items()
            if piece[0] != card or other in self.by_slot
        )

    def may_hold(self, piece: Piece, instance: str | None, binding: str) -> bool:
        """Whether the model has room for it."""
        pieces = [(name, *held) for name, held in self.held.items()]
        pieces += [(name, unclean, None) for name, unclean in self.unclean.items()]
        for other, (card, function), holder in pieces:
            if other == binding:
                continue
            there = self.find_card(other, card)
            is_gone = self.slots[card] is None
            if is_gone and function == piece[1] and self.told_the_bus(card, piece):
                if holder is not None:
                    return False
                if there is None:
                    continue  # nobody can use that address any more
            if there == piece[0] and (function == piece[1] or 0 in (function, piece[1])):
                return False
            unit = UNITS[card if there is None else there]
            in_one_unit = unit is not None and unit == UNITS[piece[0]]
            if in_one_unit and (instance is None or holder != instance):
                return False
        return True

    @rule(
        card=CARD,
        function=st.integers(0, FUNCTIONS_EACH),
        binding=BINDING,
        instance=st.integers(0, INSTANCES - 1),
        kind=st.sampled_from(["ours", "ours", "first release"]),
        refuses=st.booleans(),
    )
    def claim(
        self, card: int, function: int, binding: int, instance: int, kind: str, refuses: bool
    ) -> None:
        bus = self.slots[card]
        if bus is None:
            return
        self.look()
        piece, name, holder = (card, function), str(binding), f"instance-{instance}"
        known = None if kind == "first release" else holder
        standing = self.held.get(name)
        allowed = name not in self.over and self.may_hold(piece, known, name)
        if standing is not None:
            allowed = name not in self.over and standing[0] == piece
        self.driver.refuses = refuses
        try:
            self.agent.prepare(self.name, [self.claim_of(piece, bus, name, holder, kind)])
        except HandleUnusable:
            assert refuses
            assert allowed
            if standing is None:  # else the conductor has told it, and it stays held
                self.over.add(name)
        except CyborgError:
            assert not allowed
        else:
            assert allowed
            if standing is None and not self.speaks[card]:
                self.by_slot.add(name)
            self.held.setdefault(name, (piece, known or "nobody"))
        finally:
            self.driver.refuses = False

    @rule(binding=BINDING)
    def release(self, binding: int) -> None:
        name = str(binding)
        was_held = name in self.held
        piece, _ = self.held.pop(name, ((0, 0), ""))
        claim = self.claim_of(piece, BUSES, name, "", "first release")
        self.agent.release(self.name, [claim])
        self.wait_for_cleans()
        self.over.add(name)
        if was_held:
            self.unclean[name] = piece
            if self.can_be_cleaned(name):
                del self.unclean[name]

    @rule(card=CARD, bus=BUS)
    def move(self, card: int, bus: int) -> None:
        """To a free slot, or change places; a card that does not say which it is stays."""
        if not self.speaks[card] or self.slots[card] is None:
            return
        other = next((c for c, b in self.slots.items() if b == bus), None)
        if other is not None and not self.speaks[other]:
            return
        if other is not None:
            self.slots[other] = self.slots[card]
        self.slots[card] = bus
        self.look()

    @rule(card=CARD)
    def fall_silent_or_speak(self, card: int) -> None:
        self.look()
        self.speaks[card] = not self.speaks[card]
        if self.slots[card] is not None and self.speaks[card]:
            self.recognise(card)
        self.look()

    def recognise(self, card: int) -> None:
        pieces = {**self.unclean, **{name: piece for name, (piece, _) in self.held.items()}}
        self.by_slot -= {name for name, piece in pieces.items() if piece[0] == card}

    @rule(card=CARD)
    def pull_out_or_plug_in(self, card: int) -> None:
        if self.slots[card] is not None:
            self.last_bus[card] = self.slots[card]
            self.slots[card] = None
        else:
            taken = set(self.slots.values())
            free = [bus for bus in range(BUSES) if bus not in taken]
            if self.is_known_by_slot(card):  # elsewhere, nobody could tell
                free = [bus for bus in free if bus == self.last_bus[card]]
            if not free:
                return
            self.slots[card], self.speaks[card] = free[0], True
            self.recognise(card)
        self.look()

    def is_known_by_slot(self, card: int) -> bool:
        pieces = {**self.unclean, **{name: piece for name, (piece, _) in self.held.items()}}
        return any(name in self.by_slot for name, piece in pieces.items() if piece[0] == card)

    @rule()
    def restart(self) -> None:
        self.start()

    @rule(number=st.integers(0, 2))
    def rename(self, number: int) -> None:
        before, self.name = self.name, f"host-{number}"
        if self.name != before and self.held:
            with pytest.raises(LedgerOfAnother):
                self.start()
            self.start(adopts=True)
        else:
            self.start()

    @precondition(lambda self: self.ledger is not None)
    @rule()
    def copy_to_another_machine(self) -> None:
        copy = self.path.parent.parent / "copy" / self.path.name
        shutil.rmtree(copy.parent, ignore_errors=True)
        self.stop()
        shutil.copytree(self.path.parent, copy.parent)
        ledger = Ledger(copy)
        with pytest.raises(LedgerOfAnother):
            ledger.settle(RealHost(self.name, MACHINES[1]), ())
        ledger.close()
        self.start()

    @rule(moment=st.sampled_from(["told", "lost"]))
    def lose_the_ledger_and_be_told(self, moment: str) -> None:
        """A fresh ledger hands out nothing that the conductor says is held."""
        claims = self.agent.list_claims(self.name)
        if moment == "told":
            self.agent.record_held(self.name, claims)
            return
        self.stop()
        shutil.rmtree(self.path.parent)
        self.over.clear()
        self.unclean.clear()
        self.start()
        self.agent.record_held(self.name, claims)
        self.look()

    @invariant()
    def the_ledger_has_what_the_model_has(self) -> None:
        claims = {claim.binding_id: claim for claim in self.agent.list_claims(self.name)}
        assert set(claims) == set(self.held)
        for name, ((card, function), _) in self.held.items():
            bus = self.slots[card]
            if bus is not None:
                handle = self.claim_of((card, function), bus, name, "", "first release").handle
                assert claims[name].handle.info == handle.info

    @invariant()
    def what_is_unclean_is_known_to_be(self) -> None:
        nowhere = make_handle(BUSES).key  # what was released without having been held
        known = {one.binding_id for one in self.list_unclean() if one.handle.key != nowhere}
        assert known == set(self.unclean)


LedgerHistory.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestLedgerHistory = LedgerHistory.TestCase

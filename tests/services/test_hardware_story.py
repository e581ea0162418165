"""Random histories of hardware that overlaps and changes, against a model of what is physical.

Beside what ``Story`` plays (requests, crashes, cleans, a host that is lost), functions and their
parts, partitions and members of one isolation unit are held, moved, exchanged and divided anew;
agents are restarted and renamed, and their ledgers lost. ``tests/long/hardware_story.py`` plays it
at length.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import select

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.ledger.hosts import RealHost
from cyborg_rr.db.hardware import operating
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    DeployableRow,
    DeviceRow,
)
from cyborg_rr.domain.errors import CyborgError, HandleInUse
from cyborg_rr.domain.hardware.devices import Deployable, Device
from cyborg_rr.domain.hardware.hosts import AgentPlace, HostIdentity
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState
from cyborg_rr.domain.requests import ArqState, Claim, Mandate
from cyborg_rr.rpc import messages
from tests.builders import (
    change_handles,
    make_device,
    make_divided_device,
    make_partitioned_device,
)
from tests.services.test_state_machine import HOST, PICK, Crash, Story

SLOTS, SLICES, MOST_PARTS = 4, 4, 3
MACHINE = {"machine-id": "a", "product-uuid": "b"}
NAMES = (HOST, "host-2", "renamed")
UNITS = ("group:0", "group:0", "group:2", "group:3")
"""The isolation unit of each slot: the first two slots lie in one."""

PLAIN, DIVIDED, PARTITIONED = "plain", "divided", "partitioned"


@dataclass(frozen=True)
class Card:
    """A physical thing: what it is, and in how many parts it is divided now."""

    serial: str
    kind: str
    parts: int = 0

    def show(self, host: str, slot: int) -> Device:
        """What is found of it in a slot of the host."""
        if self.kind == DIVIDED and self.parts:
            device = make_divided_device(host, slot, self.parts, UNITS[slot])
        elif self.kind == PARTITIONED and self.parts:
            device = make_partitioned_device(host, slot, SLICES)
        else:
            device = change_handles(make_device(host, slot), unit=UNITS[slot])
        parts = tuple(self._mark(part) for part in device.deployables)
        return replace(device, identity=self.serial, deployables=parts)

    def _mark(self, part: Deployable) -> Deployable:
        handles = (
            replace(each, info={**each.info, "serial": self.serial}) for each in part.handles
        )
        return replace(part, handles=tuple(handles))


@dataclass(frozen=True)
class Hold:
    """What somebody has: atoms of a card, in a unit, for an instance (None: nobody any more)."""

    atoms: frozenset[tuple[str, str]]
    unit: str | None
    instance: str | None

    def overlaps(self, other: Hold) -> bool:
        """Whether the two must not be had at a time."""
        is_one = self.instance is not None and self.instance == other.instance
        in_one_unit = self.unit is not None and self.unit == other.unit
        return bool(self.atoms & other.atoms) or (in_one_unit and not is_one)


def list_atoms(serial: str, part: str, place: str) -> frozenset[tuple[str, str]]:
    """The smallest pieces that a handle is made of."""
    if part == "vf":
        return frozenset({(serial, place)})
    if "@" in place:
        size, start = map(int, place.split("@"))
        return frozenset((serial, f"slice{n}") for n in range(start, start + size))
    everything = [f"vf{n}" for n in range(MOST_PARTS)] + [f"slice{n}" for n in range(SLICES)]
    return frozenset((serial, atom) for atom in everything)


class HardwareStory(Story):
    """``cards`` says what is in which slot, ``drawer`` has the others, with the last ``units``."""

    def __init__(self) -> None:
        self.units: dict[str, str] = {}
        self.drawer = [Card("serial:e", PLAIN), Card("serial:f", DIVIDED, 2)]
        self.cards = dict(
            enumerate(
                (
                    Card("serial:a", PLAIN),
                    Card("serial:b", DIVIDED, 2),
                    Card("serial:c", DIVIDED, 3),
                    Card("serial:d", PARTITIONED, SLICES),
                )
            )
        )
        super().__init__()
        self.present = set(range(SLOTS))
        self.start_agent()
        self.report()

    def list_found(self) -> list[Device]:
        return [self.cards[slot].show(self.host, slot) for slot in sorted(self.present)]

    def identify(self) -> HostIdentity:
        known = self.agents.attachments.identify(self.host)
        return HostIdentity(
            known.id, known.machine, self.host, known.run, known.last_run, messages.MINOR
        )

    def list_busy(self) -> set[str]:
        """The serials of the cards of which anything is not free."""
        with self.database.reading() as session:
            stored = set(
                session.scalars(
                    select(DeviceRow.identity)
                    .join(DeployableRow, DeployableRow.device_id == DeviceRow.id)
                    .join(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
                    .where(AttachHandleRow.state != HandleState.FREE)
                )
            )
        return {serial for serial in stored if serial is not None}

    @precondition(lambda self: len(self.arqs) < 12)
    @rule(many=st.integers(1, 2), part=st.integers(0, 9))
    def bind_new_requests(self, many: int, part: int) -> None:
        """What most instances do: requests are made and bound at once, on a host that answers."""
        self.agents.unreachable.clear()
        for _ in range(many):
            self.create()
        self.bind(len(self.arqs) - many, many, part)

    @rule(slot=st.integers(0, SLOTS - 1), parts=st.integers(0, MOST_PARTS))
    def divide_anew(self, slot: int, parts: int) -> None:
        """Change how many parts a card has, whoever holds it or one of them."""
        self.cards[slot] = replace(self.cards[slot], parts=parts)
        self.report()

    @rule(first=st.integers(0, SLOTS - 1), second=st.integers(0, SLOTS - 1))
    def number_two_slots_anew(self, first: int, second: int) -> None:
        """The addresses of two cards change, whoever holds them; units go with the addresses.

        What is held does not come into a unit of which another instance may hold something.
        """
        if first // 2 == second // 2 or not self.list_busy():
            self.cards[first], self.cards[second] = self.cards[second], self.cards[first]
            self.report()

    @rule(slot=st.integers(0, SLOTS - 1), number=st.integers(0, 1), is_reported=st.booleans())
    def exchange_a_card_for_another(self, slot: int, number: int, is_reported: bool) -> None:
        """Somebody puts another card into the slot, whoever holds the one that was there.

        One that is held comes back to its unit only, for what is there may be another instance's.
        """
        new = self.drawer[number]
        if new.serial in self.list_busy() and self.units[new.serial] != UNITS[slot]:
            return
        self.units[self.cards[slot].serial] = UNITS[slot]
        self.cards[slot], self.drawer[number] = new, self.cards[slot]
        if is_reported:
            self.report()

    @rule(is_lost=st.booleans())
    def restart_the_agent(self, is_lost: bool) -> None:
        """It opens its ledger again, or finds none and starts an empty one."""
        if is_lost:
            self.ledger_name = f"{uuid.uuid4().hex}.sqlite"
        self.start_agent()
        if is_lost:  # it is a new id, which an operator lets in
            with self.database.writing() as session:
                operating.adopt_host(session, self.host, self.identify().id)
        self.report()

    @rule(name=st.sampled_from(NAMES))
    def rename_the_host(self, name: str) -> None:
        """Its agent starts again under another name, with the flag that adopts its ledger.

        It does so after a while: one that has just spoken would be told from a second agent.
        """
        self.liveness.forget_others(())
        self.agents.unreachable = {name} if self.agents.unreachable else set()
        self.host = name
        self.start_agent()
        self.report()

    ledger_name = "ledger.sqlite"

    def start_agent(self) -> None:
        """A new run of the agent over the ledger that there is; the last one was killed."""
        self.agents.attachments._ledger.close()
        ledger = Ledger(Path(self.directory.name) / self.ledger_name)
        ledger.settle(RealHost(self.host, MACHINE), (), adopts=True)
        self.agents.attachments = Attachments(ledger)

    @rule(slot=st.integers(0, SLOTS - 1), number=PICK)
    def let_the_host_know_a_claim_that_the_database_does_not(self, slot: int, number: int) -> None:
        parts = self.cards[slot].show(self.host, slot).deployables
        part = parts[number % len(parts)]
        handle = part.handles[number % len(part.handles)]
        try:
            claim = Claim(str(uuid.uuid4()), str(uuid.uuid4()), part.name, handle)
            self.agents.attachments._ledger.claim(self.host, [claim])
        except HandleInUse:
            return

    @precondition(lambda self: self.arqs)
    @rule(first=PICK, many=st.integers(1, 3), part=PICK, after=st.integers(1, 2))
    def crash_when_the_host_has_refused(self, first: int, many: int, part: int, after: int) -> None:
        wanted = self.bindings(first, many, part)
        calls = 0
        prepare = self.agents.prepare

        def refuse(place: AgentPlace, claims: list[Claim]) -> None:
            nonlocal calls
            calls += 1
            if calls > after:
                raise Crash
            raise HandleInUse("refused", claims[calls % len(claims)].binding_id)

        self.agents.prepare = refuse  # type: ignore[method-assign, assignment]
        try:
            self.binder.bind(wanted, Mandate("project")) if wanted else None
        except (Crash, CyborgError):
            pass
        finally:
            self.agents.prepare = prepare  # type: ignore[method-assign]

    @precondition(lambda self: self.arqs)
    @rule(which=PICK)
    def crash_in_an_unbind(self, which: int) -> None:
        arq = self.arqs[which % len(self.arqs)]
        self.unbinder._start_unbind([arq], Mandate("project"))
        self.bound.pop(arq, None)

    def list_holds(self) -> list[Hold]:
        """All that is held, by what it is made of; what is not there lies in no unit."""
        with self.database.reading() as session:
            rows = session.execute(
                select(DeviceRow.identity, DeployableRow.part, AttachHandleRow.place)
                .add_columns(
                    AttachHandleRow.unit, DeviceRow.state, AcceleratorRequestRow.instance_uuid
                )
                .join(DeployableRow, DeployableRow.device_id == DeviceRow.id)
                .join(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
                .outerjoin(
                    AcceleratorRequestRow, AcceleratorRequestRow.uuid == AttachHandleRow.arq_uuid
                )
                .where(AttachHandleRow.state == HandleState.HELD)
            ).all()
        return [
            Hold(
                list_atoms(serial or "", part or "", place or ""),
                unit if state == DeviceState.PRESENT else None,
                instance,
            )
            for serial, part, place, unit, state, instance in rows
        ]

    @invariant()
    def nothing_that_overlaps_has_two_holders(self) -> None:
        if hasattr(self, "bound"):
            for one, other in combinations(self.list_holds(), 2):
                assert not one.overlaps(other), (one, other)

    @invariant()
    def every_bound_request_has_a_handle(self) -> None:
        if hasattr(self, "bound"):
            bound = [arq for arq in self.stored() if arq.state is ArqState.BOUND]
            assert all(arq.handle is not None for arq in bound)


HardwareStory.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestHardwareStory = HardwareStory.TestCase

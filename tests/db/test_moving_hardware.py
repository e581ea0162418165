"""Whatever is moved, replaced and cut, who holds a device keeps that device and no other."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import AttachHandleRow, DeployableRow, DeviceRow
from cyborg_rr.domain.hardware.comparing import Changes
from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    Deployable,
    Device,
    LeftOut,
    Snapshot,
    Trouble,
)
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState
from tests.builders import make_device
from tests.db.test_inventory import store
from tests.migrated import lay_out

SLOTS, SERIALS = range(3), ("a", "b", "c", "d")
TROUBLE = Trouble("ecc", "errors")


@dataclass(frozen=True)
class Card:
    """A card with a serial number, whole or cut into so many equal parts."""

    serial: str
    slot: int
    cuts: int = 0
    is_well: bool = True

    def report(self) -> Device:
        device = make_device("host", self.slot)
        names = ("",) if self.cuts == 0 else (f"1of{self.cuts}",)
        places = range(max(self.cuts, 1))
        base = device.deployables[0]
        return replace(
            device,
            identity=f"nvidia:{self.serial}",
            facts=replace(device.facts, vendor_id="10de"),
            trouble=None if self.is_well else TROUBLE,
            deployables=tuple(
                Deployable(
                    name=f"{base.name}_{name}" if name else base.name,
                    resource_class="PGPU",
                    part=name,
                    driver_name="fake",
                    handles=tuple(
                        AttachHandle(
                            "PCI",
                            {"slot": str(self.slot), "function": f"{name}{place}"},
                            place=str(place),
                        )
                        for place in places
                    ),
                )
                for name in names
            ),
        )


boards = st.lists(
    st.builds(
        Card,
        st.sampled_from(SERIALS),
        st.sampled_from(SLOTS),
        st.sampled_from((0, 2, 3)),
        st.booleans(),
    ),
    max_size=3,
    unique_by=(lambda card: card.serial, lambda card: card.slot),
)


class MovingHardware(RuleBasedStateMachine):
    """A host whose cards come, go, change places and are cut, under requests that hold them."""

    @initialize()
    def begin(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        url = f"sqlite:///{Path(self.directory.name) / 'x.sqlite'}"
        self.database = Database(make_config([], files=[], database__connection=url).database)
        lay_out(self.database)
        self.cards: Sequence[Card] = ()
        self.held: dict[int, tuple[str, str, str]] = {}
        self.names: dict[int, tuple[str, str]] = {}

    @rule(cards=boards, is_hidden=st.booleans())
    def report(self, cards: list[Card], is_hidden: bool) -> None:
        left_out: list[LeftOut] = []
        if is_hidden and cards:
            hidden = cards.pop()
            left_out = [LeftOut("x", hidden.report().slot_key, TROUBLE)]
        self.cards = cards
        devices = tuple(card.report() for card in cards)
        snapshot = Snapshot("host", devices, left_out=tuple(left_out))
        store(self.database, snapshot)
        again = store(self.database, snapshot)
        assert replace(again, kept_handles=[]) == Changes()

    @rule(choice=st.randoms(use_true_random=False))
    def hold(self, choice: Any) -> None:
        with self.database.writing() as session:
            free = session.query(AttachHandleRow).filter_by(state=HandleState.FREE).all()
            if free:
                handle = choice.choice(free)
                handle.state = HandleState.HELD
                self.held[handle.id] = self._what(session, handle)

    @rule()
    def let_go(self) -> None:
        with self.database.writing() as session:
            for handle in session.query(AttachHandleRow).filter_by(state=HandleState.HELD):
                handle.state = HandleState.FREE
        self.held.clear()

    def _what(self, session: Any, handle: AttachHandleRow) -> tuple[str, str, str]:
        part = session.get(DeployableRow, handle.deployable_id)
        device = session.get(DeviceRow, part.device_id)
        return device.identity, part.part, handle.place or ""

    @invariant()
    def what_is_held_is_what_it_was(self) -> None:
        with self.database.reading() as session:
            for row_id, what in self.held.items():
                assert self._what(session, session.get(AttachHandleRow, row_id)) == what

    @invariant()
    def a_name_once_given_stays_and_is_nobody_elses(self) -> None:
        with self.database.reading() as session:
            rows = session.query(DeployableRow).all()
        assert len({row.name for row in rows}) == len(rows)
        for row in rows:
            assert self.names.setdefault(row.id, (row.name, row.uuid))[0] == row.name or (
                self.names[row.id][1] != row.uuid  # SQLite gives numbers out again
            )

    @invariant()
    def what_is_reported_is_stored_once_and_where_it_is(self) -> None:
        with self.database.reading() as session:
            rows = session.query(DeviceRow).filter_by(state=DeviceState.PRESENT).all()
            stored = {row.identity: row for row in rows}
            assert len(stored) == len(rows)
            for card in self.cards:
                device = card.report()
                row = stored[device.identity]
                assert row.slot_key == device.slot_key
                assert (row.trouble_code is None) is card.is_well
                part = (
                    session.query(DeployableRow)
                    .filter_by(device_id=row.id, part=device.deployables[0].part)
                    .one()
                )
                infos = {
                    (handle.place, handle.info)
                    for handle in session.query(AttachHandleRow).filter_by(deployable_id=part.id)
                }
                assert {place for place, _ in infos} == {
                    handle.place for handle in device.deployables[0].handles
                }
                assert all(f'"slot":"{card.slot}"' in info for _, info in infos)

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self.directory.cleanup()


MovingHardware.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestMovingHardware = MovingHardware.TestCase

"""Virtual functions that the first release stored one by one are parts of their device now.

Whoever holds one keeps it, with request, deployable and provider, and no function is there twice.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from cyborg_rr.conductor.report import Reporter
from cyborg_rr.db import profiles, requests
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import cleaning, deployables, devices
from cyborg_rr.db.hardware.claiming import Wanted, claim_handles, load_stocks, lock_devices
from cyborg_rr.db.hardware.handles import Provider, find_providers, start_release
from cyborg_rr.db.tables import AttachHandleRow, DeployableRow, DeviceRow
from cyborg_rr.domain.errors import NoFreeHandle
from cyborg_rr.domain.hardware.choosing import Wish
from cyborg_rr.domain.hardware.deriving import derive_devices
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.domain.hardware.hosts import HostIdentity
from cyborg_rr.domain.hardware.stored import HandleState, OperatorStatus
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.loading import load_drivers
from cyborg_rr.rpc import messages
from tests.drivers.trees import load_tree
from tests.shipped import load

HOST = "host-1"
SELF = HostIdentity("id-1", "", "node-1", "run-1", None, messages.MINOR)
FUNCTIONS = [f"0000:3b:00.{number}" for number in range(1, 5)]


class Upgrade:
    """A host whose four virtual functions were devices of their own."""

    def __init__(self, database: Database, sysfs: Path) -> None:
        self.database = database
        self.sysfs = sysfs
        self.reporter = Reporter(database, load(), (), release_grace_seconds=0)

    def look(self, addresses: Sequence[str]) -> Snapshot:
        """What the generic driver finds of these addresses."""
        options = {"pci_devices": [{"address": each} for each in addresses]}
        (driver,) = load_drivers(["pci"], DriverContext(self.sysfs, options))
        return Snapshot(HOST, derive_devices({"pci": driver.discover(Look())}, HOST))

    def report_as_before(self) -> None:
        """An agent of the first release lists each function."""
        snapshot = self.look(FUNCTIONS)
        assert len(snapshot.devices) == len(FUNCTIONS)
        content = messages.render_snapshot(snapshot, 0)
        self.reporter.report(HOST, messages.parse_snapshot(content), "before")

    def make_rows_old(self) -> None:
        """The rows as the first release itself stored them."""
        with self.database.writing() as session:
            session.query(DeviceRow).update(
                {"slot_key": None, "device_key": None, "capacities": None, "identity": None}
            )
            session.query(DeployableRow).update({"part": None})
            session.query(AttachHandleRow).update({"place": None, "consumes": None})

    def report(self, addresses: Sequence[str] = ("*",)) -> None:
        """An agent of this release."""
        snapshot = self.look(addresses)
        content_hash = messages.hash_content(messages.render_snapshot(snapshot))
        self.reporter.report(HOST, snapshot, content_hash, None, SELF)

    def hold(self, name: str) -> str:
        """Bind a request to a deployable; its uuid."""
        with self.database.writing() as session:
            provider = self.find_provider(name)
            profile = profiles.create_profile(session, uuid.uuid4().hex, [{"resources:PCI": "1"}])
            (arq,) = requests.create_requests(session, profile, "project")
            wish = Wish(provider.deployable_id, f"instance of {arq.uuid}", arq.uuid)
            wanted = [Wanted(wish, provider, str(uuid.uuid4()))]
            claim_handles(session, wanted, lock_devices(session, [provider]))
        return arq.uuid

    def find_provider(self, name: str) -> Provider:
        with self.database.reading() as session:
            uuids = session.scalars(
                select(DeployableRow.provider_uuid).where(DeployableRow.name == name)
            ).all()
            (provider,) = find_providers(session, uuids).values()
        return provider

    def list_handles(self) -> list[tuple[str, str, str, str | None]]:
        """Address, deployable, state and place of all handles."""
        with self.database.reading() as session:
            rows = session.execute(
                select(AttachHandleRow, DeployableRow.name).join(
                    DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id
                )
            ).all()
        return sorted((row.info[-3], name, row.state, row.place) for row, name in rows)


@pytest.fixture(params=["conductor first", "both at once"])
def upgrade(database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Upgrade:
    """A host of the first release, as the conductor of either release stored it."""
    made = Upgrade(database, load_tree("vf-count-after").write(tmp_path / "tree"))
    made.report_as_before()
    if request.param == "both at once":
        made.make_rows_old()
    return made


@pytest.mark.parametrize("state", [state for state in HandleState if state is not HandleState.FREE])
def test_who_holds_a_function_keeps_it_and_nothing_is_there_twice(
    upgrade: Upgrade, state: HandleState
) -> None:
    arqs = [upgrade.hold(f"{HOST}_{FUNCTIONS[index]}") for index in (1, 2)]
    with upgrade.database.writing() as session:
        session.query(AttachHandleRow).filter_by(arq_uuid=arqs[1]).update({"state": state})
        before = session.execute(
            select(AttachHandleRow.uuid, DeployableRow.uuid, DeployableRow.provider_uuid)
            .join(DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id)
            .where(AttachHandleRow.arq_uuid.in_(arqs))
        ).all()
    for _ in range(3):
        upgrade.report()
        with upgrade.database.reading() as session:
            (device,) = devices.list_devices(session)
            after = session.execute(
                select(AttachHandleRow.uuid, DeployableRow.uuid, DeployableRow.provider_uuid)
                .join(DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id)
                .where(AttachHandleRow.arq_uuid.in_(arqs))
            ).all()
            assert [arq.trouble for arq in requests.list_requests(session)] == [None, None]
        assert sorted(after) == sorted(before)
        assert device.state == "present"
        assert upgrade.list_handles() == [
            ("1", f"{HOST}_0000:3b:00.0_vf", "free", "vf0"),
            ("2", f"{HOST}_{FUNCTIONS[1]}", "held", "vf1"),
            ("3", f"{HOST}_{FUNCTIONS[2]}", state, "vf2"),
            ("4", f"{HOST}_0000:3b:00.0_vf", "free", "vf3"),
        ]


def test_all_of_the_device_is_handed_out_once(upgrade: Upgrade) -> None:
    upgrade.hold(f"{HOST}_{FUNCTIONS[1]}")
    upgrade.report()
    virtual = f"{HOST}_0000:3b:00.0_vf"
    with upgrade.database.reading() as session:
        (part,) = deployables.list_deployables(session, name=virtual)
    assert part.fields.num_accelerators == 3
    for _ in range(3):
        upgrade.hold(virtual)
    for name in (virtual, f"{HOST}_{FUNCTIONS[1]}"):
        with pytest.raises(NoFreeHandle):
            upgrade.hold(name)
    assert Counter(function for function, *_ in upgrade.list_handles()) == Counter("1234")
    with upgrade.database.reading() as session:
        (stock,) = load_stocks(session, session.scalars(select(DeviceRow.id)).all()).values()
    assert sum(each.drawing.consumes["functions"] for each in stock.host.holdings) == 4


def test_what_its_holder_let_go_of_is_like_the_others(upgrade: Upgrade) -> None:
    arq = upgrade.hold(f"{HOST}_{FUNCTIONS[1]}")
    upgrade.report()
    with upgrade.database.writing() as session:
        (claim,) = start_release(session, [arq], "unbound")
        assert claim.claim.device_key == upgrade.look(["*"]).devices[0].key
        cleaning.confirm_releases(session, [claim.claim.binding_id])
    upgrade.report()
    assert [handle[1] for handle in upgrade.list_handles()] == [f"{HOST}_0000:3b:00.0_vf"] * 4
    with upgrade.database.reading() as session:
        (part,) = deployables.list_deployables(session)
    assert part.fields.num_accelerators == 4


def test_the_device_that_an_operator_maintains_stays_so(upgrade: Upgrade) -> None:
    upgrade.hold(f"{HOST}_{FUNCTIONS[1]}")
    with upgrade.database.writing() as session:
        last = max(session.scalars(select(DeviceRow.id)))
        session.query(DeviceRow).filter_by(id=last).update({"status": OperatorStatus.MAINTAINING})
    upgrade.report()
    with upgrade.database.reading() as session:
        (device,) = devices.list_devices(session)
    assert (device.id, device.status) == (last, OperatorStatus.MAINTAINING)


def test_a_function_that_is_listed_alone_goes_on_as_it_was(upgrade: Upgrade) -> None:
    upgrade.hold(f"{HOST}_{FUNCTIONS[1]}")
    with upgrade.database.reading() as session:
        before = [(device.id, device.uuid) for device in devices.list_devices(session)]
    upgrade.report(FUNCTIONS)
    with upgrade.database.reading() as session:
        assert [(device.id, device.uuid) for device in devices.list_devices(session)] == before


@pytest.mark.parametrize(
    "columns", [{"vendor": "10de"}, {"std_board_info": '{"product_id":"ffff"}'}]
)
def test_another_device_that_gives_the_address_now_is_not_the_held_one(
    upgrade: Upgrade, columns: dict[str, str]
) -> None:
    arq = upgrade.hold(f"{HOST}_{FUNCTIONS[1]}")
    with upgrade.database.writing() as session:
        session.query(DeviceRow).update(columns)
    upgrade.report()
    with upgrade.database.reading() as session:
        states = sorted(device.state for device in devices.list_devices(session))
        (held,) = requests.list_requests(session)
        holders = session.scalars(
            select(AttachHandleRow.arq_uuid).where(AttachHandleRow.arq_uuid.is_not(None))
        ).all()
    assert states == ["missing", "present"]
    assert holders == [arq]
    assert held.uuid == arq

"""What one host offers, read in a number of statements that does not grow with its devices."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from cyborg_rr.db.class_traits import load_class_traits
from cyborg_rr.db.hardware.attributes import HOLDS_TRAIT
from cyborg_rr.db.hardware.claiming import load_stocks
from cyborg_rr.db.rows import to_trouble
from cyborg_rr.db.tables import (
    AttachHandleRow,
    AttributeRow,
    DeployableRow,
    DeviceRow,
    HostRow,
)
from cyborg_rr.domain.hardware.choosing import Stock
from cyborg_rr.domain.hardware.offering.offered import OfferedDevice, OfferedHost, OfferedPart
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState, OperatorStatus


def load_offered(session: Session, hostname: str) -> OfferedHost:
    """What a host offers now; nothing where there is no such host."""
    host = session.execute(select(HostRow.lost_at).where(HostRow.name == hostname)).first()
    lost_at = None if host is None else host.lost_at
    devices = session.scalars(
        select(DeviceRow).where(DeviceRow.hostname == hostname).order_by(DeviceRow.id)
    ).all()
    if not devices:
        return OfferedHost(hostname, lost_at, (), host is not None)
    parts = _load_parts(session, {device.id: device.device_class_id for device in devices})
    return OfferedHost(
        hostname,
        lost_at,
        [
            OfferedDevice(
                device.uuid,
                OperatorStatus(device.status),
                DeviceState(device.state),
                to_trouble(device.trouble_code, device.trouble_text),
                parts[device.id],
            )
            for device in devices
        ],
    )


def _load_parts(session: Session, devices: Mapping[int, int]) -> Mapping[int, list[OfferedPart]]:
    """The parts of each device, of which the rows and those of their classes are given."""
    rows = session.scalars(
        select(DeployableRow).where(DeployableRow.device_id.in_(devices)).order_by(DeployableRow.id)
    ).all()
    classes = {row.id: row.device_class_id or devices[row.device_id] for row in rows}
    of_class = load_class_traits(session, set(classes.values()))
    own = _load_traits(session, devices)
    types = _load_handle_types(session, devices)
    stocks = load_stocks(session, set(devices))
    held = _count_held(stocks.values())
    parts: dict[int, list[OfferedPart]] = defaultdict(list)
    for row in rows:
        parts[row.device_id].append(
            OfferedPart(
                deployable_id=row.id,
                name=row.name,
                provider_uuid=row.provider_uuid,
                resource_class=row.resource_class,
                traits=own.get(row.id, frozenset()) | of_class[classes[row.id]],
                total=row.num_accelerators,
                held=held[row.id],
                fits=stocks[row.device_id].count_holdable(row.id),
                handle_types=types.get(row.id, frozenset()),
                withheld=to_trouble(row.withheld_code, row.withheld_reason),
            )
        )
    return parts


def _count_held(stocks: Iterable[Stock]) -> Counter[int]:
    """How many handles of each deployable are held; stocks of one host share what is held on it."""
    hosts = {id(stock.host): stock.host for stock in stocks}
    return Counter(
        holding.deployable_id
        for host in hosts.values()
        for holding in host.holdings
        if holding.state is HandleState.HELD
    )


def _load_traits(session: Session, device_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The traits of the deployables of devices, whoever wrote them."""
    traits: dict[int, set[str]] = defaultdict(set)
    for deployable_id, value in session.execute(
        select(AttributeRow.deployable_id, AttributeRow.value)
        .join(DeployableRow, DeployableRow.id == AttributeRow.deployable_id)
        .where(DeployableRow.device_id.in_(device_ids), HOLDS_TRAIT)
    ):
        traits[deployable_id].add(value)
    return {row_id: frozenset(values) for row_id, values in traits.items()}


def _load_handle_types(session: Session, device_ids: Collection[int]) -> dict[int, frozenset[str]]:
    types: dict[int, set[str]] = defaultdict(set)
    for deployable_id, kind in session.execute(
        select(AttachHandleRow.deployable_id, AttachHandleRow.type)
        .distinct()
        .join(DeployableRow, DeployableRow.id == AttachHandleRow.deployable_id)
        .where(DeployableRow.device_id.in_(device_ids))
    ):
        types[deployable_id].add(kind)
    return {row_id: frozenset(values) for row_id, values in types.items()}


def list_host_names(session: Session) -> list[str]:
    """All hosts that have devices, by name."""
    return list(session.scalars(select(DeviceRow.hostname).distinct().order_by(DeviceRow.hostname)))


def find_hosts_of(session: Session, provider_uuids: Collection[str]) -> dict[str, str]:
    """The hosts whose deployables have these providers, by the uuids of those that any has."""
    statement = (
        select(DeployableRow.provider_uuid, DeviceRow.hostname)
        .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
        .where(DeployableRow.provider_uuid.in_(provider_uuids))
    )
    return {uuid: hostname for uuid, hostname in session.execute(statement)}

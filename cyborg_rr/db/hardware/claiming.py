"""The claim, which is the one place where exclusive use of hardware is decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from oslo_db.exception import RetryRequest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cyborg_rr.db.hardware.handles import HostClaim, Provider, list_claims
from cyborg_rr.db.hardware.life import change_state
from cyborg_rr.db.rows import by_key, parse_amounts
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    DeployableRow,
    DeviceRow,
)
from cyborg_rr.domain.errors import NoFreeHandle
from cyborg_rr.domain.hardware.capacities import Drawing
from cyborg_rr.domain.hardware.choosing import FreeHandle, Holding, HostHoldings, Stock, Wish
from cyborg_rr.domain.hardware.life import HandleAction
from cyborg_rr.domain.hardware.stored import HandleState


@dataclass(frozen=True, slots=True)
class Wanted:
    """A handle that one bind wants: of which deployable, and as which binding."""

    wish: Wish
    provider: Provider
    binding_id: str


def claim_handles(
    session: Session,
    wanted: Sequence[Wanted],
    device_ids: Collection[int],
    refused: Collection[int] = (),
) -> list[HostClaim]:
    """Take a free handle for each, such that nothing is over-drawn, in a few statements.

    Raises ``NoFreeHandle`` when one of them can have none. ``device_ids`` are those that
    ``lock_devices`` locked, ``refused`` the rows of handles that their host refused. The requests
    themselves have their instances already.
    """
    stocks = load_stocks(session, device_ids, refused)
    chosen = {
        handle.id: {"arq_uuid": each.wish.arq_uuid, "binding_id": each.binding_id}
        for each, handle in _choose_all(wanted, stocks)
    }
    taken = change_state(
        session,
        HandleAction.CLAIM,
        AttachHandleRow.id.in_(chosen),
        reason_code=None,
        reason=None,
        **by_key(AttachHandleRow.id, chosen),
    )
    if taken != len(chosen):
        # a conductor of the first release locks no devices, a report may have dropped one
        raise RetryRequest(NoFreeHandle("the attach handles are being taken by others"))
    return list_claims(session, AttachHandleRow.id.in_(chosen))


def _choose_all(
    wanted: Sequence[Wanted], stocks: Mapping[int, Stock]
) -> Iterable[tuple[Wanted, FreeHandle]]:
    """A handle for each, those first that have the least choice."""
    for each in wanted:
        if each.provider.device_id not in stocks:
            raise NoFreeHandle(f"{each.provider.deployable_name} has just gone from its host")
    choice = {
        each.provider.deployable_id: len(
            stocks[each.provider.device_id].list_holdable(
                each.provider.deployable_id, each.wish.holder
            )
        )
        for each in wanted
    }
    for each in sorted(wanted, key=lambda one: choice[one.provider.deployable_id]):
        stock = stocks[each.provider.device_id]
        handle = stock.choose(each.wish)
        if handle is None:
            provider = each.provider
            name = f"{provider.deployable_name} (resource provider {provider.provider_uuid})"
            raise NoFreeHandle(stock.explain(each.wish, name))
        stock.take(handle, each.wish)
        yield each, handle


def lock_devices(session: Session, providers: Collection[Provider]) -> set[int]:
    """Lock the devices of the providers and those that share a unit with them, in one order.

    Of two claims that would over-draw together the second then sees the first. Whether a unit has
    another device is looked at again when its devices are locked.
    """
    own = {provider.device_id for provider in providers}
    locked: set[int] = set()
    while not (needed := own | _list_neighbours(session, providers)) <= locked:
        session.execute(
            select(DeviceRow.id)
            .where(DeviceRow.id.in_(needed))
            .order_by(DeviceRow.id)
            .with_for_update()
        ).all()
        locked |= needed
    return locked


def lock_devices_of(session: Session, hostname: str) -> None:
    """Keep claims on a host's devices waiting while its report is taken in, and see the last."""
    statement = select(DeviceRow.id).where(DeviceRow.hostname == hostname)
    session.execute(statement.order_by(DeviceRow.id).with_for_update()).all()


def _list_neighbours(session: Session, providers: Collection[Provider]) -> set[int]:
    """The devices of the same hosts that have handles in a unit of these deployables."""
    deployable_ids = {provider.deployable_id for provider in providers}
    units = select(AttachHandleRow.unit).where(
        AttachHandleRow.deployable_id.in_(deployable_ids), AttachHandleRow.unit.is_not(None)
    )
    return set(
        session.scalars(
            select(DeployableRow.device_id)
            .distinct()
            .join(DeviceRow, DeviceRow.id == DeployableRow.device_id)
            .join(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
            .where(
                DeviceRow.hostname.in_({provider.hostname for provider in providers}),
                AttachHandleRow.unit.in_(units),
            )
        )
    )


def load_stocks(
    session: Session, device_ids: Collection[int], refused: Collection[int] = ()
) -> dict[int, Stock]:
    """What devices have and what of them is held, in one statement.

    What shares a unit with them counts where its device is among them.
    """
    hosts: dict[str, HostHoldings] = defaultdict(HostHoldings)
    stocks: dict[int, Stock] = {}
    taken: dict[int, set[str]] = defaultdict(set)
    rows = session.execute(
        select(
            DeviceRow.id,
            DeviceRow.hostname,
            DeviceRow.capacities,
            AttachHandleRow.id,
            AttachHandleRow.deployable_id,
            AttachHandleRow.state,
            AttachHandleRow.handle_key,
            AttachHandleRow.consumes,
            AttachHandleRow.unit,
            AcceleratorRequestRow.uuid,
            AcceleratorRequestRow.project_id,
            AcceleratorRequestRow.instance_uuid,
        )
        .select_from(DeviceRow)
        .outerjoin(DeployableRow, DeployableRow.device_id == DeviceRow.id)
        .outerjoin(AttachHandleRow, AttachHandleRow.deployable_id == DeployableRow.id)
        .outerjoin(AcceleratorRequestRow, AcceleratorRequestRow.uuid == AttachHandleRow.arq_uuid)
        .where(DeviceRow.id.in_(device_ids))
        .order_by(AttachHandleRow.id)
    )
    for device_id, hostname, capacities, handle_id, deployable_id, state, key, *draws in rows:
        stock = stocks.get(device_id)
        if stock is None:
            stock = stocks[device_id] = Stock(parse_amounts(capacities), hosts[hostname])
        if handle_id is None:
            continue  # a device without handles
        consumes, unit, arq_uuid, project_id, instance_uuid = draws
        drawing = Drawing(str(device_id), parse_amounts(consumes), unit, instance_uuid)
        if state == HandleState.FREE:
            if handle_id not in refused:
                stock.free.append(FreeHandle(handle_id, deployable_id, drawing, key))
        else:
            taken[device_id].add(key)
            holding = Holding(deployable_id, drawing, HandleState(state), arq_uuid, project_id)
            stock.host.add(holding)
    for device_id, keys in taken.items():
        stocks[device_id].withhold(keys)
    return stocks

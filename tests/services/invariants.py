"""What must hold of a service at rest: database, ledgers and drivers tell the same story."""

from __future__ import annotations

from sqlalchemy import select

from cyborg_rr.db.tables import AcceleratorRequestRow, AttachHandleRow
from cyborg_rr.domain.hardware.stored import HandleState
from cyborg_rr.domain.requests import ArqState
from tests.services.conftest import Cloud


def find_faults(cloud: Cloud) -> list[str]:
    """Every disagreement between requests, handles and what the hosts have given out."""
    with cloud.database.reading() as session:
        arqs = {row.uuid: row for row in session.scalars(select(AcceleratorRequestRow))}
        handles = list(session.scalars(select(AttachHandleRow)))
    held = {row.arq_uuid: row for row in handles if row.state == HandleState.HELD}
    faults = [
        f"request {uuid} is {row.state} without a handle"
        for uuid, row in arqs.items()
        if row.state in (ArqState.BOUND, ArqState.BIND_STARTED) and uuid not in held
    ]
    for uuid, handle in held.items():
        if uuid not in arqs:
            faults.append(f"handle {handle.id} is held by {uuid}, which is gone")
        elif arqs[uuid].state not in (ArqState.BOUND, ArqState.BIND_STARTED):
            faults.append(f"handle {handle.id} is held by {uuid}, which is {arqs[uuid].state}")
        elif arqs[uuid].binding_id != handle.binding_id:
            faults.append(f"handle {handle.id} and request {uuid} name different bindings")
    faults += [
        f"handle {row.id} is {row.state}"
        for row in handles
        if row.state in (HandleState.RELEASING, HandleState.DIRTY)
    ]
    faults += [
        f"free handle {row.id} belongs to {row.arq_uuid or row.binding_id}"
        for row in handles
        if row.state == HandleState.FREE and (row.arq_uuid or row.binding_id)
    ]
    faults += [
        f"handle {row.id} is {row.state} without a reason"
        for row in handles
        if row.state == HandleState.QUARANTINED and not (row.reason_code and row.reason)
    ]
    claimed = {
        claim.binding_id
        for name, ledger in zip(cloud.agents, cloud.ledgers, strict=True)
        for claim in ledger.list_claims(name)
    }
    bindings = {row.binding_id for row in held.values()}
    faults += [f"only the database knows binding {one}" for one in bindings - claimed]
    faults += [f"only a ledger knows binding {one}" for one in claimed - bindings]
    return faults

"""What must hold once the faults have stopped and two periods have passed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import cast

from sqlalchemy import select

from cyborg_rr.db import requests
from cyborg_rr.db.hardware import devices
from cyborg_rr.db.hardware.offering import offered
from cyborg_rr.db.tables import AttachHandleRow, InstanceEventRow
from cyborg_rr.domain.hardware.stored import DeviceState, HandleState
from cyborg_rr.domain.requests import EVENT_OF, ArqState
from cyborg_rr.outside.placement.wanted import list_wanted
from tests.long.faults.scenarios import pass_a_period
from tests.long.faults.world import DEVICES, World
from tests.services.conftest import Cloud
from tests.services.invariants import find_faults

PERIODS = 2


def settle(world: World) -> None:
    """The faults stop, and two periods pass in which nobody does anything else."""
    world.gate.open()
    for _ in range(PERIODS):
        world.let_time_pass()
        pass_a_period(world)


def find_wrong(world: World) -> list[str]:
    """Everything that does not hold, each in a line."""
    return [
        *world.wrong,
        *world.driver.wrong,
        *find_faults(cast(Cloud, world)),
        *_find_broken_words(world),
        *_find_lost(world),
        *_find_drift(world),
        *_find_untold(world),
    ]


def find_unusable(world: World) -> list[str]:
    """What is free can be had, and given back: every handle but what could not be cleaned."""
    for instance in set(world.instances.values()):
        world.delete_of_instance(instance)
    for instance in world.ground.nova.hosts:
        world.deallocate(instance)
    pass_a_period(world)
    wanted = {
        world.create(1)[0]: number
        for number, state in enumerate(_states(world))
        if state is not HandleState.QUARANTINED
    }
    for arq, number in wanted.items():
        world.bind({arq: number})
    return [
        f"device {number} cannot be had: {'; '.join(world.diary[-2:])}"
        for arq, number in wanted.items()
        if world.told.get(arq) != "bound"
    ]


def _states(world: World) -> list[HandleState]:
    with world.database.reading() as session:
        rows = session.scalars(select(AttachHandleRow).order_by(AttachHandleRow.handle_key))
        return [HandleState(row.state) for row in rows]


def _find_broken_words(world: World) -> Iterator[str]:
    """I4: what callers were told is so; what failed is wholly done or wholly undone."""
    for arq, told in world.told.items():
        found = world.get(arq)
        state = "gone" if found is None else found.state.value
        if told == "bound" and (found is None or found.handle_uuid != world.handles[arq]):
            yield f"request {arq} was acknowledged as bound and is {state}"
        if told == "unbound" and state != ArqState.UNBOUND:
            yield f"request {arq} was acknowledged as unbound and is {state}"
        if told == "gone" and found is not None:
            yield f"request {arq} was acknowledged as deleted and is {state}"
        if state == ArqState.BIND_STARTED:
            yield f"request {arq} is still being bound"


def _find_lost(world: World) -> Iterator[str]:
    """I2, I3, I5: database, ledger and devices say the same of every handle."""
    claims, unclean = world.ledger.list_unreleased(world.host)
    claimed = {claim.handle.key for claim in claims}
    if world.driver.prepared != claimed:
        yield f"the devices have {sorted(world.driver.prepared)}, the ledger {sorted(claimed)}"
    if not world.driver.soiled <= claimed | {claim.handle.key for claim in unclean}:
        yield f"{sorted(world.driver.soiled - claimed)} is not clean, and nobody knows of it"
    with world.database.reading() as session:
        rows = list(session.scalars(select(AttachHandleRow)))
        present = [each.state for each in devices.list_devices(session)]
    out = {row.binding_id for row in rows if row.state == HandleState.QUARANTINED}
    if out != {claim.binding_id for claim in unclean}:
        yield f"the host has {len(unclean)} handles to clean, the database {len(out)}"
    if out and not (world.is_out or world.gate.has_struck("driver clean")):
        yield f"{len(out)} handles are quarantined: {[row.reason for row in rows]}"
    if present != [DeviceState.PRESENT] * DEVICES:
        yield f"the devices are {present}"


def _find_drift(world: World) -> Iterator[str]:
    """I3, I6: Placement has what is offered, and no more."""
    with world.database.reading() as session:
        host = offered.load_offered(session, world.host)
    wanted = {each.name: each for each in list_wanted(host)}
    compute = world.ground.compute
    children = compute.list_children(world.root)
    if children.keys() != wanted.keys():
        yield f"Placement has {sorted(children)}, and not {sorted(wanted)}"
        return
    for name, each in wanted.items():
        record = compute.inventories(each.uuid).get("PGPU", {})
        if (record.get("total"), record.get("reserved")) != (each.total, each.reserved):
            yield f"Placement has of {name} {record}, and not {each.total}, {each.reserved}"
        if not each.traits <= compute.traits(each.uuid):
            yield f"Placement lacks traits of {name}"
    yield from (
        f"{part.name} is withheld: {part.withheld.code}"
        for device in host.devices
        for part in device.parts
        if part.withheld is not None
    )


def _find_untold(world: World) -> Iterator[str]:
    """Nova was told how each bind ended, the end last, or will be."""
    told: dict[tuple[str, str], str] = {}
    ends: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in (event for post in world.ground.nova.posts for event in post):
        key = (event["tag"], event["server_uuid"])
        told[key] = event["status"]
        ends[key].add(event["status"])
    with world.database.reading() as session:
        stored = requests.list_requests(session)
        waiting = {
            (row.arq_uuid, row.instance_uuid): row.status
            for row in session.scalars(select(InstanceEventRow))
        }
    for request in stored:
        if request.instance_uuid is None or request.state not in EVENT_OF:
            continue
        key = (request.uuid, request.instance_uuid)
        end = EVENT_OF[request.state].value
        if end not in (told.get(key), waiting.get(key)):
            yield f"Nova was told {told.get(key)} of request {request.uuid}, which is {end}"
    yield from (
        f"Nova was told {sorted(each)} of one bind" for each in ends.values() if len(each) > 1
    )

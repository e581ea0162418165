"""Hardware that overlaps is never held twice, whoever races for it, on every kind of database."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from cyborg_rr.db import profiles, requests
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import classes, cleaning, devices, handles, storing
from cyborg_rr.db.hardware.claiming import Wanted, claim_handles, load_stocks, lock_devices
from cyborg_rr.db.hardware.offering.withheld import note_withheld
from cyborg_rr.db.retry import retry_on_deadlock
from cyborg_rr.db.tables import DeployableRow, DeviceRow
from cyborg_rr.domain.errors import NoFreeHandle
from cyborg_rr.domain.hardware.choosing import Wish
from cyborg_rr.domain.hardware.devices import Device, Snapshot, Trouble
from cyborg_rr.domain.hardware.offering.offered import NOT_OFFERED
from cyborg_rr.domain.requests import ArqAction
from tests.builders import (
    change_handles,
    make_device,
    make_divided_device,
    make_partitioned_device,
)
from tests.db.test_inventory import store
from tests.statements import counted

CLIENTS = 16
GROUP = {"resources:PGPU": "1"}


def put(database: Database, *found: Device) -> dict[str, handles.Provider]:
    """Store a host with these devices; its providers by name of their deployables."""
    store(database, Snapshot("host-1", found))
    with database.reading() as session:
        uuids = session.scalars(select(DeployableRow.provider_uuid)).all()
        providers = handles.find_providers(session, uuids)
    return {each.deployable_name: each for each in providers.values()}


@retry_on_deadlock
def bind(
    database: Database, providers: Sequence[handles.Provider], instance: str | None = None
) -> list[handles.HostClaim]:
    """Claim a handle of each provider for one instance, with requests made for it."""
    holder = instance or str(uuid.uuid4())
    with database.writing() as session:
        profile = profiles.create_profile(
            session, str(uuid.uuid4()), [{"resources:PGPU": str(len(providers))}]
        )
        arqs = [arq.uuid for arq in requests.create_requests(session, profile, "project")]
        wanted = [
            Wanted(Wish(each.deployable_id, holder, arq, "project"), each, str(uuid.uuid4()))
            for arq, each in zip(arqs, providers, strict=True)
        ]
        for slot, each in enumerate(wanted):
            requests.change_state(
                session,
                each.wish.arq_uuid,
                ArqAction.START_BIND,
                instance_uuid=holder,
                instance_slot=slot,
                new_binding_id=each.binding_id,
            )
        return claim_handles(session, wanted, lock_devices(session, providers))


def race(database: Database, wishes: Sequence[Sequence[handles.Provider]]) -> Counter[str]:
    """What came of many who bind at once."""

    def try_it(wish: Sequence[handles.Provider]) -> str:
        try:
            bind(database, wish)
        except NoFreeHandle:
            return "lost"
        return "won"

    with ThreadPoolExecutor(CLIENTS) as pool:
        return Counter(pool.map(try_it, wishes))


def find_overlaps(database: Database) -> list[str]:
    """Every capacity that is over-drawn and every unit with two holders."""
    with database.reading() as session:
        stocks = load_stocks(session, session.scalars(select(DeviceRow.id)).all())
    faults = []
    for device_id, stock in stocks.items():
        left = stock.host.drawn.count_left(str(device_id), stock.capacities)
        faults += [f"{name} of device {device_id}" for name, amount in left.items() if amount < 0]
        drawings = [holding.drawing for holding in stock.host.holdings]
        for unit in {each.unit for each in drawings} - {None}:
            if len({each.holder for each in drawings if each.unit == unit}) > 1:
                faults.append(f"unit {unit}")
    return faults


@pytest.mark.parametrize("seed", range(3))
def test_a_whole_function_and_its_parts_are_never_held_together(
    database: Database, seed: int
) -> None:
    providers = put(database, make_divided_device("host-1", 0, 8))
    whole, parts = (providers[name] for name in sorted(providers))
    wishes = [[whole], *([parts] for _ in range(CLIENTS - 1))]
    random.Random(seed).shuffle(wishes)
    outcome = race(database, wishes)
    assert outcome in ({"won": 1, "lost": CLIENTS - 1}, {"won": 8, "lost": CLIENTS - 8})
    assert find_overlaps(database) == []


def test_what_was_held_before_its_device_was_divided_holds_all_of_it(database: Database) -> None:
    (plain,) = put(database, change_handles(make_device("host-1", 0), unit=None)).values()
    bind(database, [plain])
    divided = make_divided_device("host-1", 0, 4)
    virtual = replace(divided, deployables=divided.deployables[1:])
    (part,) = (
        each
        for each in put(database, virtual).values()
        if each.deployable_id != plain.deployable_id
    )
    with pytest.raises(NoFreeHandle, match="1 of functions is wanted, 0 is left"):
        bind(database, [part])
    with database.reading() as session:
        assert devices.list_selected(session, [GROUP]) == []


def test_a_device_that_is_no_longer_divided_is_not_given_while_a_part_of_it_is_held(
    database: Database,
) -> None:
    divided = replace(make_divided_device("host-1", 0, 4), identity="serial:1")
    providers = put(database, divided)
    (part,) = (each for name, each in providers.items() if name.endswith("_vf"))
    bind(database, [part])
    plain = replace(change_handles(make_device("host-1", 0)), identity="serial:1")
    whole = put(database, plain)[plain.deployables[0].name]
    with pytest.raises(NoFreeHandle, match="divided in another way"):
        bind(database, [whole])
    with database.reading() as session:
        assert devices.list_selected(session, [GROUP]) == []


def test_what_is_held_as_one_part_is_not_given_as_another(database: Database) -> None:
    device = replace(change_handles(make_device("host-1", 0)), identity="serial:1")
    (part,) = device.deployables
    (before,) = put(
        database, replace(device, deployables=(replace(part, name="a", part="a"),))
    ).values()
    bind(database, [before])
    after = put(database, replace(device, deployables=(replace(part, name="b", part="b"),)))["b"]
    with pytest.raises(NoFreeHandle, match="every attach handle of b"):
        bind(database, [after])


def test_a_unit_is_given_to_one_instance_of_all_who_race(database: Database) -> None:
    shared = [change_handles(make_device("host-1", n), unit="iommu_group:40") for n in range(4)]
    providers = list(put(database, *shared).values())
    outcome = race(database, [[providers[n % 4]] for n in range(CLIENTS)])
    assert outcome == {"won": 1, "lost": CLIENTS - 1}
    assert find_overlaps(database) == []


def test_an_instance_can_have_all_of_a_unit(database: Database) -> None:
    shared = [change_handles(make_device("host-1", n), unit="iommu_group:40") for n in range(2)]
    first, second = put(database, *shared).values()
    claims = bind(database, [second, first])
    assert len({each.claim.holder for each in claims}) == 1
    assert {each.claim.handle.unit for each in claims} == {"iommu_group:40"}


def test_two_who_want_a_unit_in_opposite_order_do_not_wait_for_each_other(
    database: Database,
) -> None:
    shared = [
        change_handles(make_device("host-1", n, handles=8), unit=f"iommu_group:{n // 2}")
        for n in range(4)
    ]
    providers = list(put(database, *shared).values())
    outcome = race(database, [providers[:: 1 if n % 2 else -1] for n in range(CLIENTS)])
    assert outcome == {"won": 1, "lost": CLIENTS - 1}
    assert find_overlaps(database) == []


def test_a_unit_of_one_name_on_two_hosts_is_two_units(database: Database) -> None:
    for host in ("host-1", "host-2"):
        device = change_handles(make_device(host, 0), unit="iommu_group:40")
        store(database, Snapshot(host, (device,)))
    with database.reading() as session:
        uuids = session.scalars(select(DeployableRow.provider_uuid)).all()
        providers = handles.find_providers(session, uuids).values()
    for provider in providers:
        bind(database, [provider])


def test_partitions_that_race_never_overlap_and_fill_the_device(database: Database) -> None:
    providers = put(database, make_partitioned_device("host-1", 0, slices=8))
    single, double, _ = (providers[name] for name in sorted(providers))
    outcome = race(database, [[single if n % 2 else double] for n in range(CLIENTS)])
    assert 4 <= outcome["won"] <= 8  # four pairs, when these are first, leave no single
    assert find_overlaps(database) == []
    with database.reading() as session:
        (stock,) = load_stocks(session, session.scalars(select(DeviceRow.id)).all()).values()
    left = stock.host.drawn.count_left(str(single.device_id), stock.capacities)
    assert sum(left.values()) == 0


def test_what_one_call_takes_counts_for_the_call_itself(database: Database) -> None:
    providers = put(database, make_partitioned_device("host-1", 0, slices=4))
    single, double, whole = (providers[name] for name in sorted(providers))
    with pytest.raises(NoFreeHandle, match="1 of slice_0 is wanted, 0 is left"):
        bind(database, [single, whole])
    with pytest.raises(NoFreeHandle):
        bind(database, [double, double, single])
    claims = bind(database, [single, double, single])
    assert {each.claim.handle.place for each in claims if each.claim.part == "2"} < {"2@0", "2@2"}
    assert find_overlaps(database) == []


def test_a_claim_says_which_hardware_it_is_for_whom(database: Database) -> None:
    device = make_divided_device("host-1", 0, 2, unit="iommu_group:7")
    providers = put(database, device)
    (made,) = bind(database, [providers[max(providers)]], "instance-1")
    assert made.claim.part == "vf"
    assert made.claim.handle.place == "vf0"
    assert made.claim.handle.consumes == {"functions": 1}
    assert made.claim.handle.unit == "iommu_group:7"
    assert made.claim.holder == "instance-1"
    assert made.claim.device_key == device.key


def test_what_is_not_free_yet_is_in_the_way_whoever_asks(database: Database) -> None:
    providers = put(database, make_divided_device("host-1", 0, 2))
    whole, parts = (providers[name] for name in sorted(providers))
    (made,) = bind(database, [parts], "instance-1")
    with database.writing() as session:
        handles.start_release(session, [made.claim.arq_uuid], "test")
        requests.delete_requests(session, [made.claim.arq_uuid])
    with pytest.raises(NoFreeHandle, match=r"65536 of functions is wanted.*1 being released"):
        bind(database, [whole], "instance-1")
    with database.writing() as session:
        cleaning.confirm_releases(session, [made.claim.binding_id])
    bind(database, [whole])


def test_the_statements_of_a_claim_do_not_grow(database: Database) -> None:
    costs = []
    for number, (parts, asked) in enumerate([(2, 1), (200, 1), (200, 40)]):
        providers = put(
            database,
            *(make_divided_device("host-1", n, parts, unit=f"u{n}") for n in range(number + 1)),
        )
        name = next(each for each in sorted(providers, reverse=True))
        with database.writing() as session:
            profile = profiles.create_profile(
                session, f"p{number}", [{"resources:PGPU": str(asked)}]
            )
            arqs = requests.create_requests(session, profile, None)
            wanted = [
                Wanted(
                    Wish(providers[name].deployable_id, "someone", arq.uuid),
                    providers[name],
                    str(uuid.uuid4()),
                )
                for arq in arqs
            ]
            with counted(database.engine) as statements:
                claim_handles(session, wanted, lock_devices(session, [providers[name]]))
            costs.append(len(statements))
    assert costs == [6, 6, 6]


def test_lists_offer_what_a_claim_could_get(database: Database) -> None:
    plain = make_device("host-1", 2)
    pair = [change_handles(make_device("host-1", n), unit="iommu_group:40") for n in (3, 4)]
    providers = put(database, make_divided_device("host-1", 0, 2), plain, *pair)
    names = sorted(providers)
    with database.reading() as session:
        assert len(devices.list_selected(session, [GROUP])) == 4
        assert [(each.devices, each.free) for each in classes.list_classes(session)] == [(4, 4)]
    bind(database, [providers[names[0]]])
    bind(database, [providers[names[-1]]])
    with database.reading() as session:
        (only,) = devices.list_selected(session, [GROUP])
        assert only == providers[names[2]].device_uuid
        assert [(each.devices, each.free) for each in classes.list_classes(session)] == [(4, 1)]


def test_a_part_with_a_class_of_its_own_is_counted_as_often_as_it_fits(database: Database) -> None:
    providers = put(
        database,
        make_partitioned_device("host-1", 0, slices=4),
        make_partitioned_device("host-1", 1, slices=4),
    )
    names = sorted(providers)
    with database.writing() as session:
        ids = storing.save_classes(session, {part: {} for part in "124"})
        for row in session.scalars(select(DeployableRow)):
            row.device_class_id = ids[row.part or ""]
    assert count(database) == {"1": (8, 8), "2": (4, 4), "4": (2, 2), "test-class": (0, 0)}
    bind(database, [providers[names[0]]])
    assert count(database) == {"1": (8, 7), "2": (4, 3), "4": (2, 1), "test-class": (0, 0)}


def test_what_schedulers_cannot_find_is_not_counted(database: Database) -> None:
    code = min(NOT_OFFERED)
    pair = [change_handles(make_device("host-1", n), unit="iommu_group:40") for n in (2, 3)]
    parted = make_partitioned_device("host-1", 4, slices=4)
    providers = put(database, *(make_device("host-1", n) for n in range(2)), *pair, parted)
    names = sorted(providers)
    with database.writing() as session:
        ids = storing.save_classes(session, {part: {} for part in "124"})
        for row in session.scalars(select(DeployableRow)):
            row.device_class_id = ids.get(row.part or "")
    assert count(database) == {"1": (4, 4), "2": (2, 2), "4": (1, 1), "test-class": (4, 4)}
    withhold(database, code, providers[names[0]], providers[names[4]])
    left, alone = {"2": (2, 2), "4": (1, 1)}, providers[names[2]]
    assert count(database) == {**left, "1": (0, 0), "test-class": (3, 3)}
    withhold(database, code, alone)
    bind(database, [providers[names[3]]])  # rules out its mate, which is not counted any more
    assert count(database) == {**left, "1": (0, 0), "test-class": (2, 1)}
    withhold(database, None, *providers.values())
    assert count(database) == {**left, "1": (4, 4), "test-class": (4, 2)}


def test_what_is_not_wholly_published_is_counted(database: Database) -> None:
    providers = put(database, make_device("host-1", 0))
    withhold(database, "in_use", *providers.values())
    assert count(database) == {"test-class": (1, 1)}


def withhold(database: Database, code: str | None, *providers: handles.Provider) -> None:
    """Store that these are withheld with that code, or are not."""
    cause = None if code is None else Trouble(code, "for a test")
    with database.writing() as session:
        note_withheld(session, {each.deployable_id: cause for each in providers})


def count(database: Database) -> dict[str, tuple[int, int]]:
    """How many devices of each class there are, and are free."""
    with database.reading() as session:
        return {each.name: (each.devices, each.free) for each in classes.list_classes(session)}

"""What Placement should have, and what is done where it has something else: decided without it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.domain.hardware.offering.offered import (
    OfferedDevice,
    OfferedHost,
    OfferedPart,
    count_reserved,
)
from cyborg_rr.domain.hardware.stored import DeviceState, OperatorStatus
from cyborg_rr.outside.placement.client import Contents
from cyborg_rr.outside.placement.wanted import (
    SetInventories,
    SetTraits,
    WantedProvider,
    choose_traits,
    difference,
    is_ours,
    list_wanted,
    reserve_all,
)

RECORD = {
    "total": 4,
    "reserved": 1,
    "min_unit": 1,
    "max_unit": 4,
    "step_size": 1,
    "allocation_ratio": 1.0,
}


def _part(**changes: Any) -> OfferedPart:
    values: dict[str, Any] = {
        "deployable_id": 1,
        "name": "h_0",
        "provider_uuid": "u",
        "resource_class": "PGPU",
        "traits": frozenset({"CUSTOM_A"}),
        "total": 4,
        "held": 1,
        "fits": 2,
    }
    return OfferedPart(**{**values, **changes})


def _host(part: OfferedPart, lost_at: datetime | None = None, **changes: Any) -> OfferedHost:
    values: dict[str, Any] = {
        "uuid": "d",
        "status": OperatorStatus.ENABLED,
        "state": DeviceState.PRESENT,
        "trouble": None,
    }
    return OfferedHost("h", lost_at, [OfferedDevice(**{**values, **changes}, parts=[part])])


@pytest.mark.parametrize(
    ("host", "reserved"),
    [
        (_host(_part()), 1),
        (_host(_part(held=0, fits=4)), 0),
        (_host(_part(held=4, fits=0)), 0),
        (_host(_part(held=4, fits=4)), 0),
        (_host(_part(), lost_at=datetime(2026, 1, 1)), 4),
        (_host(_part(), status=OperatorStatus.MAINTAINING), 4),
        (_host(_part(), state=DeviceState.MISSING), 4),
        (_host(_part(), trouble=Trouble("gpu_lost", "gone")), 4),
        (_host(_part(handle_types=frozenset({"PCI", "MIG"}))), 4),
        (_host(_part(handle_types=frozenset({"MDEV"}))), 1),
    ],
)
def test_what_is_reserved_follows_what_is_known(host: OfferedHost, reserved: int) -> None:
    (wanted,) = list_wanted(host)
    assert (wanted.total, wanted.reserved) == (4, reserved)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_so_much_is_reserved_that_what_fits_is_open(total: int, held: int, fits: int) -> None:
    reserved = count_reserved(_part(total=total, held=held, fits=fits))
    assert 0 <= reserved <= total
    if held + fits <= total:
        assert total - reserved == held + fits


def _wanted(**changes: Any) -> WantedProvider:
    values: dict[str, Any] = {
        "deployable_id": 1,
        "uuid": "u",
        "name": "h_0",
        "resource_class": "PGPU",
        "total": 4,
        "reserved": 1,
        "traits": frozenset({"OWNER_CYBORG", "CUSTOM_A"}),
    }
    return WantedProvider(**{**values, **changes})


def _actual(inventories: dict[str, Any] | None = None, *traits: str) -> Contents:
    return Contents(7, {"PGPU": RECORD} if inventories is None else inventories, frozenset(traits))


def test_what_is_there_as_it_should_be_needs_nothing() -> None:
    assert difference(_wanted(), _actual(None, "OWNER_CYBORG", "CUSTOM_A", "CUSTOM_THEIRS")) == []


def test_what_is_withdrawn_is_withdrawn_first_and_what_is_offered_is_described_first() -> None:
    withdrawn = difference(_wanted(reserved=4), _actual(None, "CUSTOM_A"))
    offered = difference(_wanted(reserved=0), _actual(None, "CUSTOM_A"))
    assert [type(step) for step in withdrawn] == [SetInventories, SetTraits]
    assert [type(step) for step in offered] == [SetTraits, SetInventories]


def test_what_we_said_before_goes_and_what_others_say_stays() -> None:
    old = ("OWNER_CYBORG", "CUSTOM_A", "CUSTOM_DEVICE_CLASS_X", "CUSTOM_RR_KIND_GPU", "CUSTOM_RACK")
    (step,) = difference(_wanted(), _actual(None, *old))
    assert step == SetTraits(frozenset({"OWNER_CYBORG", "CUSTOM_A", "CUSTOM_RACK"}))


def test_a_ratio_that_gives_a_device_out_twice_is_taken_back() -> None:
    doubled = {"PGPU": {**RECORD, "allocation_ratio": 16.0, "max_unit": 2}}
    (step,) = difference(_wanted(), _actual(doubled, "OWNER_CYBORG", "CUSTOM_A"))
    assert step == SetInventories({"PGPU": {**RECORD, "max_unit": 2}})


def test_a_maximum_that_was_the_total_follows_it() -> None:
    (step,) = difference(_wanted(total=7), _actual(None, "OWNER_CYBORG", "CUSTOM_A"))
    assert isinstance(step, SetInventories)
    assert step.inventories["PGPU"]["max_unit"] == 7


def test_a_deployable_with_nothing_to_give_has_no_inventory() -> None:
    (step,) = difference(_wanted(total=0, reserved=0), _actual(None, "OWNER_CYBORG", "CUSTOM_A"))
    assert step == SetInventories({})


def test_a_class_of_before_goes_or_is_reserved_while_it_is_used() -> None:
    actual = _actual({"VGPU": RECORD, "CUSTOM_POWER": RECORD}, "OWNER_CYBORG", "CUSTOM_A")
    (step,) = difference(_wanted(), actual)
    assert isinstance(step, SetInventories)
    assert step.inventories.keys() == {"PGPU", "CUSTOM_POWER"}
    (step,) = difference(_wanted(), actual, keeps_leftovers=True)
    assert isinstance(step, SetInventories)
    assert step.inventories["VGPU"]["reserved"] == 4
    assert step.inventories["CUSTOM_POWER"] == RECORD


def test_all_of_what_cannot_go_is_reserved_and_marked_once() -> None:
    actual = _actual(None, "CUSTOM_A")
    steps = reserve_all(actual)
    assert steps == [
        SetInventories({"PGPU": {**RECORD, "reserved": 4}}),
        SetTraits(frozenset({"CUSTOM_A", "CUSTOM_RR_GONE"})),
    ]
    assert reserve_all(_actual({"PGPU": {**RECORD, "reserved": 4}}, "CUSTOM_RR_GONE")) == []


@given(st.frozensets(st.text(max_size=300), max_size=150))
def test_no_name_is_sent_that_placement_would_not_take(names: frozenset[str]) -> None:
    chosen, trouble = choose_traits(names)
    assert "OWNER_CYBORG" in chosen
    assert len(chosen) <= 100
    for name in chosen:
        assert len(name) <= 255
        assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
    assert (trouble is None) == (names <= chosen)


def test_the_owner_of_others_is_never_claimed() -> None:
    chosen, trouble = choose_traits({"OWNER_NOVA"})
    assert chosen == {"OWNER_CYBORG"}
    assert trouble is not None


def test_a_provider_is_ours_by_its_name_and_uuid_together() -> None:
    assert is_ours("3e7dd3c2-a3cd-34bf-a2ab-5108ad703402", "host-1_0000:00:00.0")
    assert not is_ours("3e7dd3c2-a3cd-34bf-a2ab-5108ad703402", "host-2_0000:00:00.0")

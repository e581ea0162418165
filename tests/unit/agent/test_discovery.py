"""One look of a host: drivers that hang or fail, what is in use, what was learnt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import repeat

from cyborg_rr.agent.deadlines import DriverCalls
from cyborg_rr.agent.discovery import WHOLE_HELD, Host
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.domain.hardware.found import FoundDevice, FoundPart
from cyborg_rr.drivers.driver import Look, Memory
from cyborg_rr.drivers.pci.state import USED_BY_HOST
from tests.unit.agent.builders import make_claim, make_device, make_handle, make_old_claim

ADDRESS = "0000:01:00.0"


def find_device(bus: int, **changes: object) -> FoundDevice:
    """The device on a bus as a driver sees it."""
    device = make_device(bus)
    part = FoundPart(f"0000:{bus:02x}:00.0", (make_handle(bus),))
    found = FoundDevice(device.control_path, device.facts, device.fields, (part,))
    return replace(found, **changes)  # type: ignore[arg-type]


@dataclass
class Driver:
    """Finds what the test says."""

    find: Callable[[Look], Sequence[FoundDevice]]
    name: str = "fake"
    is_generic: bool = False

    def discover(self, look: Look) -> Sequence[FoundDevice]:
        """What the test says."""
        return self.find(look)

    def prepare(self, handle: AttachHandle) -> None:
        """Nothing to do."""

    def release(self, handle: AttachHandle) -> None:
        """Nothing to do."""

    def clean(self, handle: AttachHandle) -> str:
        """Nothing to do."""
        return "test"


def test_a_driver_that_hangs_delays_the_others_no_longer_than_its_limit() -> None:
    go_on = threading.Event()
    looks: list[int] = []

    def hang(_look: Look) -> Sequence[FoundDevice]:
        looks.append(1)
        go_on.wait(60)
        return [find_device(1)]

    drivers = [Driver(hang, "slow"), Driver(lambda _look: [find_device(2)], "quick")]
    host = Host("host", drivers, calls=DriverCalls(1))
    snapshot, _ = host.look()
    assert snapshot.failed_drivers == ("slow",)
    assert len(snapshot.devices) == 1
    assert host.look()[0].failed_drivers == ("slow",)
    assert len(looks) == 1, "it is not asked twice"
    go_on.set()
    deadline = time.monotonic() + 60
    while host.look()[0].failed_drivers:
        assert time.monotonic() < deadline
    assert len(host.look()[0].devices) == 2


def test_what_the_host_uses_is_left_out_with_the_cause() -> None:
    used = find_device(1, used_by_host="mounted on /")
    snapshot, drivers = Host("host", [Driver(lambda _look: [used, find_device(2)])]).look()
    assert [device.control_path["bus"] for device in snapshot.devices] == ["02"]
    (left,) = snapshot.left_out
    assert (left.name, left.slot_key) == (ADDRESS, used.slot_key)
    assert (left.trouble.code, left.trouble.text) == (USED_BY_HOST, "mounted on /")
    assert list(drivers) == ["host_0000:02:00.0"]


def test_what_somebody_holds_or_the_operator_lists_is_offered_while_it_is_used() -> None:
    used = find_device(1, used_by_host="a process has it open", identity="nvidia:GPU-1")
    host = Host("host", [Driver(lambda _look: [used])])
    device = make_device(1)
    by_identity = replace(make_claim(device, "a"), device_key="nvidia:GPU-1")
    for claim in (make_claim(device, "a"), make_old_claim(device, "a"), by_identity):
        assert len(host.look([claim])[0].devices) == 1
    assert host.look([make_claim(make_device(2), "a")])[0].devices == ()
    host.offer_in_use = {ADDRESS}
    assert len(host.look()[0].devices) == 1


def test_what_shares_a_unit_with_what_the_host_uses_is_left_out_whichever_driver_has_it() -> None:
    def find(bus: int, group: str, **changes: object) -> FoundDevice:
        handle = replace(make_handle(bus), unit=f"iommu_group:{group}")
        part = FoundPart(f"0000:{bus:02x}:00.0", (handle,))
        return find_device(bus, parts=(part,), **changes)

    used = find(1, "6", used_by_host="used by process 7 of the host")
    network, other = find(2, "6"), find(3, "7")
    gpus = Driver(lambda _look: [used], "gpus")
    cards = Driver(lambda _look: [network, other], "cards")
    for drivers in ([gpus, cards], [cards, gpus]):
        host = Host("host", drivers)
        snapshot, _ = host.look()
        assert [device.control_path["bus"] for device in snapshot.devices] == ["03"]
        causes = {left.name: (left.trouble.code, left.trouble.text) for left in snapshot.left_out}
        assert causes["0000:02:00.0"] == (
            "group_not_viable",
            "its IOMMU group has 0000:01:00.0: used by process 7 of the host",
        )
        host.offer_in_use = {ADDRESS}
        assert len(host.look()[0].devices) == 3


def test_what_is_cut_from_a_card_that_somebody_holds_whole_is_left_out_with_the_cause() -> None:
    card = make_device(1)
    cut = [find_device(bus, cut_from=card.control_path) for bus in (2, 3)]
    host = Host("host", [Driver(lambda _look: cut)])
    for claim in (make_claim(card, "a"), make_old_claim(card, "a")):
        snapshot, _ = host.look([claim])
        assert snapshot.devices == ()
        assert {one.slot_key: one.trouble.code for one in snapshot.left_out} == {
            device.slot_key: WHOLE_HELD for device in cut
        }
    assert len(host.look([make_claim(make_device(4), "a")])[0].devices) == 2


def test_what_is_cut_from_a_card_and_held_itself_stays_known() -> None:
    card, part = make_device(1), make_device(2)
    cut = find_device(2, cut_from=card.control_path)
    host = Host("host", [Driver(lambda _look: [cut])])
    snapshot, _ = host.look([make_claim(card, "a"), make_claim(part, "b")])
    assert len(snapshot.devices) == 1


def test_drivers_get_the_memory_of_their_host() -> None:
    memory = Memory({"slot": {"uuid": "GPU-1"}})
    recalled: list[object] = []

    def find(look: Look) -> Sequence[FoundDevice]:
        recalled.append(look.memory.recall("slot"))
        look.memory.learn("other", {"uuid": "GPU-2"})
        return []

    host = Host("host", [Driver(find)], memory)
    host.look()
    assert recalled == [{"uuid": "GPU-1"}]
    assert memory.take_news() == {"other": {"uuid": "GPU-2"}}


def test_a_driver_that_never_stops_finding_devices_is_stopped() -> None:
    device = find_device(1)
    endless = Driver(lambda _: repeat(device), "endless")  # type: ignore[arg-type, return-value]
    snapshot, _ = Host("host", [endless], calls=DriverCalls(30)).look()
    assert snapshot.failed_drivers == ("endless",)


def test_twins_of_one_serial_number_are_not_taken_for_each_other_while_one_is_away() -> None:
    one, other = (find_device(bus, identity="pci:001122334455aabb") for bus in (1, 2))
    there = [one, other]
    memory = Memory()
    host = Host("host", [Driver(lambda _: there)], memory)

    def identify() -> list[str | None]:
        return [device.identity for device in host.look()[0].devices]

    assert identify() == [None, None]
    there.remove(one)
    assert identify() == [None]
    (learnt,) = memory.take_news().items()
    restarted = Host("host", [Driver(lambda _: there)], Memory(dict([learnt])))  # type: ignore[list-item]
    assert [device.identity for device in restarted.look()[0].devices] == [None]
    alone = Host("host", [Driver(lambda _: there)], Memory())
    assert [device.identity for device in alone.look()[0].devices] == ["pci:001122334455aabb"]


def test_a_remembered_identity_is_nobodys_only_until_the_old_device_is_asked_again() -> None:
    there = [find_device(bus, identity="nvidia:GPU-1") for bus in (1, 2)]
    host = Host("host", [Driver(lambda _: there)])
    assert [device.identity for device in host.look()[0].devices] == [None, None]
    there[0] = find_device(1, identity="nvidia:GPU-2")
    identities = [device.identity for device in host.look()[0].devices]
    assert identities == ["nvidia:GPU-2", "nvidia:GPU-1"]

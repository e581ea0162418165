"""AMD GPUs: the whole, partitions and virtual functions are never out at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest

from cyborg_rr.domain.hardware.capacities import Drawing, find_overdraft
from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts
from cyborg_rr.drivers.driver import DriverContext, Look
from cyborg_rr.drivers.gpu.amd.amdgpu import GpuFacts
from cyborg_rr.drivers.gpu.amd.driver import AmdGpuDriver
from cyborg_rr.drivers.gpu.amd.partitions import find_capacities, find_partitions, offer_whole
from cyborg_rr.drivers.gpu.amd.topology import Node
from tests.drivers.hosts import SmallHost

ADDRESS = "0000:05:00.0"
MI300X = {"vendor": "0x1002", "device": "0x74a1", "class": "0x120000"}
MI300X_VF = {"vendor": "0x1002", "device": "0x74b5", "class": "0x120000"}
COUNTS = range(1, 25)
MODES = (2, 3, 4, 6, 8)

Kind = tuple[str, int]
Handles = Mapping[Kind, tuple[AttachHandle, ...]]


def offer_virtual(root: Path, count: int) -> tuple[AttachHandle, ...]:
    host = SmallHost(root)
    host.add(ADDRESS, {**MI300X, "sriov_totalvfs": str(count)}, driver="gim", group=5)
    addresses = [f"0000:06:{number // 8:02x}.{number % 8}" for number in range(count)]
    host.add_virtual(ADDRESS, MI300X_VF, *addresses)
    (device,) = AmdGpuDriver(DriverContext(root)).discover(Look())
    return device.parts[0].handles


def offer_partitions(host: SmallHost, count: int) -> tuple[AttachHandle, ...]:
    function = host.find(ADDRESS)
    nodes = [
        Node(number, function.address, number, 128 + number, "gfx942", None, frozenset())
        for number in range(count)
    ]
    facts = GpuFacts(compute_mode=f"X{count}", memory_mode="NPS1")
    part = find_partitions(function, facts, nodes, DeviceFacts("GPU"))
    assert part is not None
    return part.handles


@pytest.fixture(scope="module")
def gpu(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping[str, int], Handles]:
    host = SmallHost(tmp_path_factory.mktemp("whole"))
    host.add(ADDRESS, {**MI300X, "sriov_totalvfs": "24"})
    function = host.find(ADDRESS)
    handles: dict[Kind, tuple[AttachHandle, ...]] = {("whole", 1): (offer_whole(function),)}
    handles |= {("xcp", count): offer_partitions(host, count) for count in MODES}
    for count in COUNTS:
        handles["vf", count] = offer_virtual(tmp_path_factory.mktemp("split"), count)
    return find_capacities(function), handles


def draw(handle: AttachHandle) -> Drawing:
    return Drawing("gpu", handle.consumes)


def overlap(first: Kind, i: int, second: Kind, j: int) -> bool:
    """Whether two are never out together; of a virtual function nobody says which part it is."""
    if first[0] != second[0]:
        return True
    begin, end = (
        max(Fraction(i, first[1]), Fraction(j, second[1])),
        min(Fraction(i + 1, first[1]), Fraction(j + 1, second[1])),
    )
    return begin < end


def test_each_kind_alone_reaches_its_full_count(gpu: tuple[Mapping[str, int], Handles]) -> None:
    capacities, handles = gpu
    for kind, offered in handles.items():
        assert len(offered) == kind[1]
        held: list[Drawing] = []
        for handle in offered:
            assert find_overdraft(draw(handle), held, capacities) is None, kind
            held.append(draw(handle))


def test_no_two_that_overlap_are_out_together(gpu: tuple[Mapping[str, int], Handles]) -> None:
    capacities, handles = gpu
    for first, second in combinations(handles, 2):
        for i, wanted in enumerate(handles[first]):
            for j, held in enumerate(handles[second]):
                refused = find_overdraft(draw(wanted), [draw(held)], capacities) is not None
                assert refused is overlap(first, i, second, j), (first, i, second, j)
                back = find_overdraft(draw(held), [draw(wanted)], capacities) is not None
                assert back is refused

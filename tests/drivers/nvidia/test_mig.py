"""What a GPU in MIG mode offers: each card's profiles, and nothing that overlaps."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyborg_rr.domain.hardware.capacities import Drawing, count_fitting, find_overdraft
from cyborg_rr.domain.hardware.found import FoundDevice
from tests.drivers.nvidia.machines import Machine, load_nvml, names_of
from tests.drivers.trees import load_tree
from tests.fakes.mig_cards import CARDS
from tests.fakes.nvml import FakeNvml, Gpu
from tests.fakes.nvml_mig import MigCard

ADDRESS = "0000:3b:00.0"
TREE = "a100-mig-enabled"

every_card = pytest.mark.parametrize("card", sorted(CARDS))


def cut(root: Path, card: str) -> Machine:
    gpu = Gpu(mig_mode=(1, 1), mig=MigCard(card))
    return Machine(root, FakeNvml({ADDRESS: gpu}))


@pytest.fixture(scope="session")
def cards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FoundDevice]:
    """Each card in MIG mode, as the driver reports it."""
    root = load_tree(TREE).write(tmp_path_factory.mktemp("cards"))
    return {card: cut(root, card).look_at_one() for card in CARDS}


def test_an_a100_in_mig_mode_is_not_offered_whole_but_its_profiles_are(
    shared_trees: dict[str, Path],
) -> None:
    machine = Machine(shared_trees[TREE], load_nvml(TREE))
    (device,) = machine.report()
    counts = {part.part: part.fields.num_accelerators for part in device.deployables}
    assert counts == {
        "1g.10gb": 7,
        "1g.10gb+me": 1,
        "1g.20gb": 4,
        "2g.20gb": 3,
        "3g.40gb": 2,
        "4g.40gb": 1,
        "7g.80gb": 1,
    }
    assert {part.resource_class for part in device.deployables} == {"VGPU"}
    slice_of = next(part for part in device.deployables if part.part == "2g.20gb")
    assert slice_of.name == "h_0000:3b:00.0_2g.20gb"
    assert slice_of.traits == ("OWNER_CYBORG", "CUSTOM_NVIDIA_20B5_2G_20GB")
    assert slice_of.part_facts is not None
    assert slice_of.part_facts.memory_bytes == 19_968 << 20
    assert slice_of.part_facts.partition == "2g.20gb"
    assert slice_of.part_facts.architecture == "sm_80"
    assert [handle.place for handle in slice_of.handles] == ["2g.20gb@0", "2g.20gb@2", "2g.20gb@4"]
    assert slice_of.handles[1].type == "MIG"
    assert slice_of.handles[1].info == {
        "domain": "0000",
        "bus": "3b",
        "device": "00",
        "function": "0",
        "profile": "2g.20gb",
        "placement": "2",
    }


@every_card
def test_of_each_profile_alone_as_many_fit_as_the_card_makes(
    card: str, cards: dict[str, FoundDevice]
) -> None:
    device = cards[card]
    fitting = {
        part.name: count_fitting([h.consumes for h in part.handles], device.capacities)
        for part in device.parts
    }
    assert fitting == {profile.name: profile.count for profile in CARDS[card]}


@every_card
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_is_granted_in_any_order_never_overlaps_and_can_all_be_made(
    card: str, data: st.DataObject, cards: dict[str, FoundDevice]
) -> None:
    device = cards[card]
    handles = [handle for part in device.parts for handle in part.handles]
    order = data.draw(st.permutations(handles))
    held: list[Drawing] = []
    real = MigCard(card)
    for handle in order:
        wanted = Drawing("gpu", handle.consumes, holder=handle.place)
        if find_overdraft(wanted, held, device.capacities) is None:
            held.append(wanted)
            real.make_whole(handle.info["profile"], int(handle.info["placement"]))
    assert len(real.instances) == len(held) > 0


@every_card
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_is_refused_the_card_refuses_too(
    card: str, data: st.DataObject, cards: dict[str, FoundDevice]
) -> None:
    """Nothing is left unused: where slices are free and the limit is not reached, one more fits."""
    device = cards[card]
    handles = [handle for part in device.parts for handle in part.handles]
    held: list[Drawing] = []
    taken: set[int] = set()
    slices = 0
    most = max(profile.slices for profile in CARDS[card])
    by_name = {profile.name: profile for profile in CARDS[card]}
    for handle in data.draw(st.permutations(handles)):
        profile = by_name[handle.info["profile"]]
        start = int(handle.info["placement"])
        own = set(range(start, start + profile.size))
        wanted = Drawing("gpu", handle.consumes, holder=handle.place)
        overdraft = find_overdraft(wanted, held, device.capacities)
        if overdraft is None:
            held.append(wanted)
            taken |= own
            slices += profile.slices
        else:
            is_engine = not overdraft.name.startswith(("memory_slice", "compute_slices"))
            assert is_engine or own & taken or slices + profile.slices > most


@every_card
def test_the_whole_gpu_and_its_instances_exclude_each_other(
    card: str, cards: dict[str, FoundDevice]
) -> None:
    device = cards[card]
    whole = Drawing("gpu", {"functions": 65536})
    for part in device.parts:
        part_drawing = Drawing("gpu", part.handles[0].consumes)
        assert find_overdraft(part_drawing, [whole], device.capacities) is not None
        assert find_overdraft(whole, [part_drawing], device.capacities) is not None


def test_a_driver_that_does_not_name_profiles_gives_the_same_names(
    shared_trees: dict[str, Path],
) -> None:
    totals = {"A100-40": 40_960, "A100-80": 81_920, "A30": 24_576, "H100-80": 81_559}
    for card, total in totals.items():
        machine = cut(shared_trees[TREE], card)
        assert machine.nvml is not None
        gpu = machine.nvml.gpus[ADDRESS]
        gpu.mig.knows_names, gpu.total = False, total << 20
        assert set(names_of(machine.look_at_one().parts)) == {p.name for p in CARDS[card]}


def test_a_whole_gpu_says_into_what_it_could_be_cut(shared_trees: dict[str, Path]) -> None:
    gpu = Gpu(mig_mode=(0, 0), mig=MigCard("H100-80"))
    device = Machine(shared_trees[TREE], FakeNvml({ADDRESS: gpu})).look_at_one()
    assert names_of(device.parts) == [""]
    assert device.facts.partition_modes == (
        "1g.10gb",
        "2g.20gb",
        "3g.40gb",
        "4g.40gb",
        "7g.80gb",
        "1g.20gb",
    )


def test_without_privilege_a_cut_gpu_is_left_out_with_the_cause(
    shared_trees: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    machine = cut(shared_trees[TREE], "H100-80")
    assert machine.nvml is not None
    machine.nvml.gpus[ADDRESS].mig.is_privileged = False
    assert machine.look() == ()
    assert "MIG mode is on, and its profiles cannot be read" in caplog.text


@pytest.mark.parametrize(("current", "pending"), [(0, 1), (1, 0)])
def test_a_mode_that_waits_for_a_reset_is_a_trouble(
    current: int, pending: int, shared_trees: dict[str, Path]
) -> None:
    gpu = Gpu(mig_mode=(current, pending))
    device = Machine(shared_trees[TREE], FakeNvml({ADDRESS: gpu})).look_at_one()
    assert device.trouble is not None
    assert device.trouble.code == "mig_pending"
    assert ("" in names_of(device.parts)) is (current == 0)


def test_a_cut_gpu_keeps_its_parts_while_the_library_fails(shared_trees: dict[str, Path]) -> None:
    machine = cut(shared_trees[TREE], "H200-141")
    before = machine.look()
    assert machine.nvml is not None
    machine.nvml.init_error = "UNKNOWN"
    machine.restart()
    assert machine.look() == before

"""The shipped catalogue, and what it makes of devices that drivers find."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyborg_rr.catalogue.describing.rates import derive_rates
from cyborg_rr.catalogue.loading import load
from cyborg_rr.catalogue.partitions import GIB, MIB
from cyborg_rr.domain.errors import InvalidInput, NotFound
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.representation.representation import Partition

CATALOGUE = load()
H100 = DeviceFacts("GPU", vendor_id="10de", device_id="2330", architecture="sm_90")
H100_MEMORY = 81008 * MIB


def test_every_product_has_a_class_of_its_own() -> None:
    names = [CATALOGUE.represent_product(product.id).device_class for product in CATALOGUE.products]
    assert names == [product.id for product in CATALOGUE.products]
    assert len(names) >= 130


def test_no_rate_is_a_sparse_one() -> None:
    assert CATALOGUE.represent_product("nvidia-h100-sxm-80").peak_rates["bf16"] == 989e12


def test_a_rate_that_is_not_stated_follows_from_others_where_all_parts_agree() -> None:
    v100s = CATALOGUE.represent_product("nvidia-v100s-pcie-32")
    assert v100s.peak_rates["f16"] == pytest.approx(7.9 * 16.35e12)
    assert v100s.derived_rates["f16"].startswith("7.9 x f32")
    assert v100s.least_rates == ()


def test_a_rate_that_differs_between_parts_is_only_a_least_one() -> None:
    a2 = CATALOGUE.represent_product("nvidia-a2")
    assert a2.peak_rates["f16"] == 2 * 4.5e12
    assert {"f16", "bf16", "tf32"} <= set(a2.least_rates)


def test_no_rule_promises_more_than_a_row_states() -> None:
    rules = CATALOGUE.knowledge.architectures.derived_rates
    for product in CATALOGUE.products:
        for missing in product.peak_rates:
            others = {name: r for name, r in product.peak_rates.items() if name != missing}
            derived = derive_rates(others, product.architecture, rules).rates.get(missing, 0)
            if derived:
                assert derived <= 1.08 * product.peak_rates[missing], (product.id, missing)


def test_a_device_as_the_catalogue_knows_it_is_of_the_product_class() -> None:
    found = CATALOGUE.represent(H100)
    assert found.device_class == "nvidia-h100-sxm-80"
    assert found == CATALOGUE.represent_product("nvidia-h100-sxm-80")


@settings(max_examples=50)
@given(st.integers(min_value=-80, max_value=80))
def test_memory_that_differs_by_less_than_one_percent_is_the_same_class(tenths: int) -> None:
    memory = H100_MEMORY + H100_MEMORY * tenths // 10_000
    assert CATALOGUE.represent(replace(H100, memory_bytes=memory)) == CATALOGUE.represent(H100)


def test_what_the_driver_reports_wins_over_the_catalogue() -> None:
    found = CATALOGUE.represent(replace(H100, memory_bytes=64 * GIB))
    assert found.device_class.startswith("nvidia-h100-sxm-80-")
    assert found.memory_source == "reported by the driver"
    assert found.memory_bytes is not None
    assert 0.99 * 64 * GIB <= found.memory_bytes <= 64 * GIB


def test_devices_with_equal_facts_share_a_class() -> None:
    facts = replace(H100, memory_bytes=64 * GIB, driver_version="580.1")
    other = replace(facts, driver_version="590.2")
    assert CATALOGUE.represent(facts) == load().represent(other)


def test_another_memory_is_another_class() -> None:
    names = {
        CATALOGUE.represent(replace(H100, memory_bytes=size * GIB)).device_class
        for size in (40, 64, 79)
    }
    assert len(names) == 3


def test_nominal_memory_is_counted_with_a_margin() -> None:
    found = CATALOGUE.represent_product("nvidia-v100-pcie-32")
    assert found.memory_bytes == int(32 * GIB * 0.92)
    assert found.memory_source == "nominal size less a margin of 8 %"


def test_what_a_driver_keeps_of_a_reported_total_is_not_counted_on() -> None:
    total = CATALOGUE.represent_product("nvidia-t4")
    assert total.memory_bytes is not None
    assert total.memory_bytes < 14.56 * GIB  # what programs see of a T4 with ECC
    assert total.memory_source == (
        "driver-reported total in the catalogue less 3 % that the driver keeps"
    )
    usable = CATALOGUE.represent_product("nvidia-h100-sxm-80")
    assert usable.memory_bytes == 81008 << 20
    assert usable.memory_source == "driver-reported value in the catalogue"


@pytest.mark.parametrize("reported_mib", [15360, 14909, 15095])
def test_a_total_and_what_programs_see_of_it_are_of_one_class(reported_mib: int) -> None:
    facts = DeviceFacts("GPU", "nvidia-t4", memory_bytes=reported_mib << 20)
    assert CATALOGUE.represent(facts) == CATALOGUE.represent_product("nvidia-t4")


def test_no_reported_memory_exceeds_the_nominal_one() -> None:
    for product in CATALOGUE.products:
        usable = CATALOGUE.represent_product(product.id).memory_bytes
        if usable is not None and product.nominal_memory_bytes is not None:
            assert usable < product.nominal_memory_bytes, product.id


def test_units_of_a_card_with_two_devices_are_those_of_one() -> None:
    two = CATALOGUE.represent_product("amd-mi250x")
    assert (two.compute_units, two.memory_bytes < 64 * GIB) == (110, True)
    assert CATALOGUE.represent_product("nvidia-h100-sxm-80").compute_units == 132


def test_units_of_a_slice_are_its_share() -> None:
    whole = CATALOGUE.represent_product("nvidia-a100-sxm-80")
    half = CATALOGUE.represent_product("nvidia-a100-sxm-80", "3g.40gb")
    assert (whole.compute_units, half.compute_units) == (108, 46)


def test_units_of_what_may_be_one_of_several_are_the_least() -> None:
    found = CATALOGUE.represent(DeviceFacts("GPU", vendor_id="10de", device_id="25b6"))
    assert found.compute_units == 10


def test_products_with_one_pci_id_are_told_apart_by_memory_or_name() -> None:
    ai100 = DeviceFacts("ASIC", vendor_id="17cb", device_id="a100")
    assert CATALOGUE.represent(replace(ai100, memory_bytes=16 * GIB)).products == (
        "qualcomm-ai100-pro", "qualcomm-ai100-std",
    )  # fmt: skip
    a2 = DeviceFacts("GPU", vendor_id="10de", device_id="25b6", product_name="NVIDIA A2")
    assert CATALOGUE.represent(a2).products == ("nvidia-a2",)


def test_products_that_cannot_be_told_apart_are_the_least_of_them() -> None:
    found = CATALOGUE.represent(DeviceFacts("GPU", vendor_id="10de", device_id="25b6"))
    assert found.device_class == "nvidia-a16-or-nvidia-a2"
    assert found.peak_rates["f32"] == 4.5e12
    assert found.peak_rates["f64"] == 0.071e12
    assert found.measured_rates == {}
    assert "is shared by A16 (per GPU; board has 4), A2: the least" in found.notes[0]


def test_a_board_with_two_dies_is_described_as_the_host_sees_it() -> None:
    half = CATALOGUE.represent_product("amd-mi250")
    assert half.memory_bytes == int(64 * GIB * 0.92)
    assert half.peak_rates["f16"] == pytest.approx(362.1e12 / 2)
    assert half.bandwidth_bytes_per_second == pytest.approx(3277e9 / 2)


def test_a_slice_has_its_share() -> None:
    whole = CATALOGUE.represent_product("nvidia-a100-sxm-80")
    slice_ = CATALOGUE.represent_product("nvidia-a100-sxm-80", "2g.20gb")
    assert slice_.device_class == "nvidia-a100-sxm-80-2g.20gb"
    assert slice_.memory_bytes == int(20 * GIB * 0.92)
    assert slice_.peak_rates["bf16"] == pytest.approx(whole.peak_rates["bf16"] * 2 / 7)
    assert slice_.bandwidth_bytes_per_second == pytest.approx(2039e9 / 4)
    assert slice_.interconnect is None


def test_parts_that_are_cut_in_four_give_quarters() -> None:
    for product, profile in (
        ("nvidia-a30", "1g.6gb"),
        ("nvidia-rtx-pro-6000-server", "1g.24gb"),
    ):
        partition = CATALOGUE.represent_product(product, profile).partition
        assert partition is not None
        assert partition.compute_share == 0.25


def test_the_memory_of_the_whole_card_is_not_taken_for_the_slice() -> None:
    facts = replace(H100, partition="1g.10gb", memory_bytes=80 * GIB)
    assert CATALOGUE.represent(facts).memory_bytes == int(10 * GIB * 0.92)


def test_a_vnpu_template_has_its_cores_and_memory() -> None:
    found = CATALOGUE.represent_product("huawei-ascend-910b2", "vir06_1c_16g")
    assert found.partition is not None
    assert found.partition.memory_bytes == 16384 * MIB
    assert found.partition.compute_share == 0.25


def test_a_virtual_function_of_a_gpu_promises_nothing() -> None:
    found = CATALOGUE.represent(DeviceFacts("GPU", vendor_id="1002", device_id="74b5"))
    assert found.device_class == "amd-mi300x-vf"
    assert found.memory_bytes is None
    assert not found.peak_rates


def test_a_virtual_function_with_the_id_of_its_card_is_not_described_as_the_card() -> None:
    facts = DeviceFacts("GPU", vendor_id="8086", device_id="56c0", partition="vf")
    found = CATALOGUE.represent(facts)
    assert found.device_class == "intel-flex-170-vf"
    assert (found.memory_bytes, found.peak_rates) == (None, {})
    assert found.partition == Partition("vf")
    assert CATALOGUE.represent(replace(facts, memory_bytes=7 * GIB)).memory_bytes == pytest.approx(
        7 * GIB, rel=0.01
    )


@pytest.mark.parametrize(
    ("partition", "share"),
    [("cpx-nps1", 1 / 8), ("dpx-nps2", 1 / 2), ("qpx", 1 / 4), ("spx-nps4", 1.0)],
)
def test_a_partition_of_a_mode_is_that_share_whatever_the_memory_behind_it(
    partition: str, share: float
) -> None:
    facts = DeviceFacts("GPU", vendor_id="1002", device_id="74a1", partition=partition)
    found = CATALOGUE.represent(facts)
    assert found.device_class == f"amd-mi300x-{partition}"
    assert found.partition is not None
    assert found.partition.compute_share == share


def test_the_user_function_of_an_fpga_is_the_card() -> None:
    found = CATALOGUE.represent(DeviceFacts("FPGA", vendor_id="10ee", device_id="5005"))
    assert found.device_class == "xilinx-alveo-u250"


def test_a_loaded_function_makes_a_class() -> None:
    facts = DeviceFacts("FPGA", "xilinx-alveo-u250", functions=("DPUCADF8H",))
    found = CATALOGUE.represent(facts)
    assert found.device_class != "xilinx-alveo-u250"
    assert found.functions == ("DPUCADF8H",)


def test_a_device_of_the_generic_driver_is_a_class_of_its_own() -> None:
    facts = DeviceFacts("PCI", vendor_id="10ee", device_id="5004")
    found = CATALOGUE.represent(facts)
    assert found.kind == "PCI"
    assert found.products == ("xilinx-alveo-u250",)
    assert found.device_class != "xilinx-alveo-u250"


def test_sub_types_that_no_id_tells_apart_are_told_apart_by_memory() -> None:
    facts = DeviceFacts("NPU", product_name="Ascend 910B", vendor_id="19e5", device_id="d802")
    assert CATALOGUE.represent(facts).memory_bytes == int(32 * GIB * 0.97)
    larger = CATALOGUE.represent(replace(facts, memory_bytes=64 * GIB))
    assert larger.products == ("huawei-ascend-910b2", "huawei-ascend-910b3")
    assert larger.memory_bytes == int(64 * GIB * 0.97)


def test_one_pci_id_may_state_the_memory() -> None:
    found = CATALOGUE.represent(DeviceFacts("ASIC", vendor_id="1e36", device_id="0022"))
    assert found.memory_bytes == int(64 * GIB * 0.92)
    assert found.device_class != CATALOGUE.represent_product("enflame-t20").device_class


def test_an_unknown_device_says_what_is_not_known() -> None:
    found = CATALOGUE.represent(DeviceFacts("GPU", vendor_id="DEAD", device_id="beef"))
    assert found.device_class == "dead-beef"
    assert set(found.unknown) == {
        "memory_bytes", "bandwidth_bytes_per_second", "peak_rates", "architecture", "toolchains",
    }  # fmt: skip


def test_an_unknown_device_is_known_by_what_its_driver_reads() -> None:
    facts = DeviceFacts(
        "GPU", vendor_id="10de", device_id="ffff", architecture="sm_90", memory_bytes=40 * GIB
    )
    found = CATALOGUE.represent(facts)
    assert found.targets == ("cuda:sm_90",)
    assert found.memory_bytes is not None
    assert any(toolchain.id == "xla-gpu" for toolchain in found.toolchains)


@settings(max_examples=100)
@given(
    st.builds(
        DeviceFacts,
        kind=st.text(max_size=8),
        product=st.none() | st.text(max_size=8),
        product_name=st.none() | st.text(max_size=8),
        vendor_id=st.none() | st.sampled_from(["10de", "1002", "zz\n"]),
        device_id=st.none() | st.sampled_from(["25b6", "2330", "../x"]),
        memory_bytes=st.none() | st.integers(min_value=-5, max_value=1 << 60),
        architecture=st.none() | st.text(max_size=8),
        partition=st.none() | st.sampled_from(["1g.10gb", "9g.9gb", "nonsense"]),
        functions=st.tuples(st.text(max_size=4)),
    )
)
def test_no_facts_make_it_fail(facts: DeviceFacts) -> None:
    found = CATALOGUE.represent(facts)
    assert found.device_class
    assert found.memory_bytes is None or found.memory_bytes > 0


def test_unknown_names_are_refused() -> None:
    with pytest.raises(NotFound):
        CATALOGUE.represent_product("nvidia-x")
    with pytest.raises(InvalidInput, match=r"no partition '9g.1gb'; it has 1g.10gb"):
        CATALOGUE.represent_product("nvidia-h100-sxm-80", "9g.1gb")


def test_the_content_hash_follows_the_content(tmp_path: Path) -> None:
    extra = tmp_path / "more.csv"
    extra.write_text("id,name,vendor,kind\nacme-1,One,Acme,GPU\n")
    assert load().content_hash == CATALOGUE.content_hash
    assert load((extra,)).content_hash != CATALOGUE.content_hash

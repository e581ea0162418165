"""Compiled artifacts run on what they were built for, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from cyborg_rr.domain.graph.graph import Target, join_targets
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.verdict import Verdict
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.sandbox import analyse_file
from tests.matching.requirements import make_requirement
from tests.readers.samples import DATA
from tests.shipped import load

CATALOGUE = load()
NVIDIA = ("nvidia-t4", "nvidia-a100-sxm-80", "nvidia-l4", "nvidia-h100-sxm-80", "nvidia-b200-sxm")
AMD = ("amd-mi210", "amd-mi300x", "amd-mi355x")
FPGAS = ("xilinx-alveo-u250", "xilinx-alveo-u280", "intel-pac-a10")
NPUS = ("hailo-8", "hailo-10h", "huawei-ascend-310p3", "aws-trainium2", "aws-inferentia2")
ALL = (*NVIDIA, *AMD, *FPGAS, *NPUS)

RUNS = {
    "iree_sm80.ptx": set(NVIDIA) - {"nvidia-t4"},
    "ptxas_sm90a.cubin": {"nvidia-h100-sxm-80"},
    "ptxas_sm100f.cubin": {"nvidia-b200-sxm"},
    "iree_gfx942.hsaco": {"amd-mi300x"},
    "iree_two_gpus.vmfb": {"amd-mi300x", "amd-mi210"},
    "documentation_program.so": set(NVIDIA) - {"nvidia-t4"},
    "iree_host.vmfb": set(),
    "documentation_engine.plan": set(NVIDIA),
    "documentation_nlb.gbs": {"intel-pac-a10"},
    "documentation_u250.xclbin": {"xilinx-alveo-u250"},
    "documentation_hailo8l.hef": {"hailo-8"},
    "documentation_wide.om": {"huawei-ascend-310p3"},
    "documentation_trn2.neff": {"aws-trainium2"},
    "documentation_any.neff": {"aws-trainium2", "aws-inferentia2"},
    "iree_vulkan.spv": {*NVIDIA, *AMD},
}
"""Devices that are not refused; of none is it known whether memory suffices."""


@cache
def inspect(name: str) -> IRRequirement:
    """What a file asks for."""
    return analyse_file(DATA / "artifact" / name, AnalysisOptions())


def judge(name: str, *products: str) -> dict[str, Verdict]:
    """The verdicts for a file by device, in their order."""
    devices = [CATALOGUE.represent_product(product) for product in products]
    return {each.device_class: each for each in match(inspect(name), devices)}


@pytest.mark.parametrize("name", RUNS)
def test_a_file_is_refused_by_all_but_its_targets(name: str) -> None:
    verdicts = judge(name, *ALL)
    assert {name for name, each in verdicts.items() if each.verdict != "does not fit"} == RUNS[name]


@pytest.mark.parametrize("name", RUNS)
def test_memory_and_time_of_a_target_are_said_not_to_be_known(name: str) -> None:
    for verdict in judge(name, *ALL).values():
        assert verdict.time_seconds is None
        assert verdict.memory_bytes.total is None
        assert not any("weights" in text for text in (*verdict.reasons, *verdict.assumptions))
        if verdict.verdict != "does not fit":
            assert verdict.verdict == "unknown"
            assert any("neither its operations nor its memory" in text for text in verdict.reasons)


def test_a_target_stands_before_what_may_be_one() -> None:
    devices = [
        CATALOGUE.represent_product(name) for name in ("nvidia-l40", "nvidia-l4", "nvidia-t4")
    ]
    devices[0] = replace(devices[0], architecture=None, targets=("cuda",))
    verdicts = match(inspect("iree_sm80.ptx"), devices)
    assert [each.device_class for each in verdicts] == ["nvidia-l4", "nvidia-l40", "nvidia-t4"]


@pytest.mark.parametrize(
    ("name", "product", "fix"),
    [
        ("iree_sm80.ptx", "nvidia-t4", "rebuild with -arch=sm_75"),
        ("ptxas_sm90a.cubin", "nvidia-l4", "rebuild with -arch=sm_89"),
        ("iree_gfx942.hsaco", "amd-mi210", "rebuild with --offload-arch=gfx90a"),
        ("iree_two_gpus.vmfb", "amd-mi355x", "rebuild with --offload-arch=gfx950"),
        ("documentation_u250.xclbin", "xilinx-alveo-u280", "link the kernels for"),
        ("documentation_u250.xclbin", "xilinx-alveo-u250", "give xilinx-alveo-u250 the platform"),
        ("iree_vulkan.spv", "nvidia-t4", "compare them with what vulkaninfo"),
        ("documentation_engine.plan", "nvidia-t4", "build it on nvidia-t4"),
    ],
)
def test_the_nearest_fix_is_named(name: str, product: str, fix: str) -> None:
    (verdict,) = judge(name, product).values()
    assert fix in verdict.reasons[0]


def test_code_for_a_mode_leaves_open_whether_a_device_runs_in_it() -> None:
    (verdict,) = judge("iree_gfx90a_modes.hsaco", "amd-mi210").values()
    assert "in that mode (sramecc+:xnack-) is not known" in verdict.reasons[0]


@pytest.mark.parametrize(
    ("name", "product", "platforms", "outcome"),
    [
        ("documentation_nlb.gbs", "intel-pac-a10", ("69528DB6EB31577A8C3668F9FAA081F6",), "fits"),
        ("documentation_nlb.gbs", "intel-pac-a10", ("0" * 32,), "does not fit"),
        (
            "documentation_u250.xclbin",
            "xilinx-alveo-u250",
            (
                "xilinx_u250_gen3x16_xdma_4_1_202210_1",
                "f9a6d4d57d8d4b5e9d3c2b1a0c9e8f77",
            ),
            "fits",
        ),
        (
            "documentation_u250.xclbin",
            "xilinx-alveo-u250",
            ("xilinx_u250_gen3x16_xdma_shell_4_1", "0" * 32),
            "does not fit",
        ),
    ],
)
def test_a_bitstream_fits_the_region_that_the_device_reports(
    name: str, product: str, platforms: tuple[str, ...], outcome: str
) -> None:
    device = CATALOGUE.represent(DeviceFacts("FPGA", product, platforms=platforms))
    (verdict,) = match(inspect(name), [device])
    assert verdict.verdict == ("unknown" if outcome == "fits" else outcome)
    assert any("the file is for" in text for text in verdict.reasons) == (outcome != "fits")


def test_cards_with_different_shells_are_of_different_classes() -> None:
    facts = (DeviceFacts("FPGA", "intel-pac-a10", platforms=(each,)) for each in ("a", "b"))
    assert len({CATALOGUE.represent(each).device_class for each in facts}) == 2


def test_a_function_that_is_loaded_need_not_be_loaded() -> None:
    device = CATALOGUE.represent_product("intel-pac-a10")
    functions = ("d8424dc4a4a3c413f89e433683f9040b",)
    loaded = CATALOGUE.represent(DeviceFacts("FPGA", "intel-pac-a10", functions=functions))
    texts = [
        " ".join(match(inspect("documentation_nlb.gbs"), [each])[0].reasons)
        for each in (device, loaded)
    ]
    assert ["does not run" in text for text in texts] == [True, False]


def test_any_of_several_targets_is_enough() -> None:
    target = join_targets(
        (Target("arch", "gfx942"), Target("ptx", "sm_90"), Target("arch", "gfx942"))
    )
    assert target == (Target("any of", "arch:gfx942 or ptx:sm_90"),)
    requirement = make_requirement(family="artifact", targets=target)
    devices = [
        CATALOGUE.represent_product(name) for name in ("amd-mi300x", "nvidia-h20", "nvidia-t4")
    ]
    found = {each.device_class: each.verdict for each in match(requirement, devices)}
    assert found == {"amd-mi300x": "fits", "nvidia-h20": "fits", "nvidia-t4": "does not fit"}


def test_one_target_is_no_choice() -> None:
    assert join_targets((Target("arch", "gfx942"),)) == (Target("arch", "gfx942"),)
    assert join_targets(()) == ()
    assert Target("arch", "gfx942").alternatives == (Target("arch", "gfx942"),)


@pytest.mark.parametrize(
    ("backend", "unsure", "refused"),
    [
        ("opencl", ("intel-max-1100", "nvidia-t4", "amd-mi210"), ("google-tpu-v4", "hailo-8")),
        ("vulkan", ("intel-flex-170", "nvidia-t4", "amd-mi210"), ("xilinx-alveo-u250",)),
        ("metal", ("amd-mi210",), ("huawei-ascend-310p3",)),
        ("webgpu", ("nvidia-t4",), ("aws-trainium2",)),
        ("aocl", ("intel-pac-a10",), ("xilinx-alveo-u250", "intel-max-1100")),
        ("sdaccel", ("xilinx-alveo-u250",), ("intel-pac-a10",)),
        ("ext_dev", ("intel-pac-a10", "hailo-8"), ()),
        ("cuda", (), ("intel-max-1100", "amd-mi210", "intel-pac-a10")),
    ],
)
def test_an_interface_that_drivers_offer_is_no_family_of_devices(
    backend: str, unsure: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    requirement = make_requirement(family="artifact", targets=(Target("backend", backend),))
    for names, verdict in ((unsure, "unknown"), (refused, "does not fit")):
        devices = [CATALOGUE.represent_product(name) for name in names]
        for found in match(requirement, devices):
            assert (found.device_class, found.verdict) == (found.device_class, verdict)


def test_a_device_that_nobody_knows_is_not_refused_for_its_family() -> None:
    requirement = make_requirement(family="artifact", targets=(Target("backend", "cuda"),))
    device = CATALOGUE.represent(DeviceFacts("GPU", None))
    (verdict,) = match(requirement, [device])
    assert verdict.verdict == "unknown"
    assert any("what compiles for" in text for text in verdict.reasons)

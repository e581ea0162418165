"""Which forms of a model lead to a device, older ones too, and which people are told to make."""

from __future__ import annotations

from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import IRIdentity, Target
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.verdict import Verdict
from tests.matching.requirements import make_requirement
from tests.shipped import load

CATALOGUE = load()
T4, NPU = "nvidia-t4", "intel-npu-mtl"


def judge(product: str, family: str, version: str | None = None, **model: Any) -> Verdict:
    """The verdict of one product for a model of that family and version."""
    requirement = make_requirement(family=family, ir=IRIdentity(family, version, "text"), **model)
    return match(requirement, [CATALOGUE.represent_product(product)])[0]


def test_nobody_is_told_to_export_what_no_exporter_writes() -> None:
    reasons = " ".join(judge(T4, "ngraph").reasons)
    assert "(nearest fix: export the model as onnx or openvino or pt2 or stablehlo)" in reasons


def test_what_is_translated_is_named_where_nothing_is_compiled_as_it_is_exported() -> None:
    reasons = " ".join(judge("aws-trainium2", "ngraph").reasons)
    assert "(nearest fix: export the model as stablehlo)" in reasons


def test_a_family_without_any_compiler_left_says_so() -> None:
    assert "nGraph was archived" in judge("intel-max-1100", "ngraph").reasons[0]


def test_a_compiled_graph_asks_for_its_library_and_for_no_coverage() -> None:
    targets = (Target("library", "a .so"),)
    compiled = judge(T4, "nnvm", targets=targets)
    assert compiled.verdict == "unknown"
    assert len(compiled.reasons) == 1
    assert "stand compiled in a library" in compiled.reasons[0]
    assert judge(NPU, "nnvm", targets=targets).verdict == "does not fit"


@pytest.mark.parametrize(
    ("family", "version", "toolchain"),
    [
        ("nnvm", None, "tvm-v0.6-cuda"),
        ("relay", "0.0.4", "tvm-v0.6-cuda"),
        ("relay", "0.0.5", "tvm-relay-cuda"),
        ("relay", None, "tvm-relay-cuda"),  # JSON states none, and only newer releases upgrade it
        ("relax", None, "tvm-cuda"),
        ("mxnet", "1.9.1", "mxnet-cuda"),
        ("mxnet", "2.0.0", "mxnet-cuda"),  # which 1.9.1 loads, with a warning
        ("mxnet", "0.8.0", "mxnet-cuda"),
        ("openvino", "11", "openvino-nvidia"),
    ],
)
def test_an_older_ir_goes_through_the_last_compiler_that_took_it(
    family: str, version: str | None, toolchain: str
) -> None:
    path = judge(T4, family, version).compile_path
    assert [stage["toolchain"] for stage in path] == [toolchain]


def test_nnvm_compiles_for_no_card_that_is_newer_than_its_compiler() -> None:
    assert "NNVM/TVM 0.6:rocm" in judge("amd-mi300x", "nnvm").reasons[0]
    assert judge("amd-mi300x", "nnvm").verdict == "does not fit"
    assert judge("amd-mi100", "nnvm").verdict == "unknown"


def test_a_plug_in_that_is_no_part_of_openvino_is_not_left_out() -> None:
    found = judge(T4, "openvino", "10")
    assert found.verdict == "unknown"
    assert "which operations OpenVINO:NVIDIA covers is not stated anywhere" in found.reasons
    assert judge("amd-mi210", "openvino", "10").verdict == "does not fit"
    assert "needs openvino version >= 10" in " ".join(judge(T4, "openvino", "7").reasons)


@pytest.mark.parametrize(
    ("product", "family", "version", "writer"),
    [
        ("intel-max-1100", "openvino", "6", "OpenVINO's converter"),
        ("intel-pac-a10", "openvino", "11", "OpenVINO's converter"),
        ("nvidia-t4", "relay", "0.0.3", "a release of TVM"),
    ],
)
def test_nobody_is_told_to_convert_what_nothing_converts(
    product: str, family: str, version: str, writer: str
) -> None:
    told = " ".join(judge(product, family, version).reasons)
    assert f"convert the model that it was made from to {family} version" in told
    assert writer in told
    assert f"nothing converts {family} version {version}" in told


@pytest.mark.parametrize(
    ("element_type", "verdict"), [("f16", "unknown"), ("f32", "unknown"), ("i8", "does not fit")]
)
def test_the_plug_in_for_fpgas_takes_two_types_alone(element_type: str, verdict: str) -> None:
    requirement = make_requirement(
        family="openvino", ir=IRIdentity("openvino", "10", "text"), element_type=element_type
    )
    facts = DeviceFacts("FPGA", "intel-pac-a10", functions=("openvino-2020-dla",))
    (found,) = match(requirement, [CATALOGUE.represent(facts)])
    assert found.verdict == verdict


@pytest.mark.parametrize("element_type", ["i4", "u16", "bf16"])
def test_mxnet_writes_no_onnx_of_types_that_it_lacks(element_type: str) -> None:
    reasons = " ".join(judge("intel-max-1100", "mxnet", "1.9.1", element_type=element_type).reasons)
    assert f"mx2onnx does not take {element_type}" in reasons


def test_legacy_openvino_goes_to_the_cards_of_its_time_alone() -> None:
    reasons = " ".join(judge("intel-max-1100", "openvino", "6").reasons)
    assert "needs openvino version >= 10, the file is 6" in reasons
    reasons = " ".join(judge("intel-pac-a10", "openvino", "6").reasons)
    assert "load the overlay openvino-2020-dla" in reasons

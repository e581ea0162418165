"""Which chains of toolchains lead from an IR to a device."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cyborg_rr.domain.representation.architectures import (
    compiles_ptx_for,
    is_at_least,
    runs_code_for,
)
from cyborg_rr.domain.representation.compile_path import CompilePath, PathSearch, find_path
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.stages.demand import ModelDemand
from cyborg_rr.domain.representation.toolchain import Intake, OperationCoverage, Toolchain
from cyborg_rr.domain.representation.versions import VersionRange
from tests.shipped import load

CATALOGUE = load()


def make_device(*toolchains: Toolchain, **facts: Any) -> ResourceRepresentation:
    """A device for which these toolchains compile."""
    return ResourceRepresentation(
        "device", "GPU", "v", "n", architecture="sm_80", toolchains=toolchains, **facts
    )


def make_toolchain(name: str, takes: str, **facts: Any) -> Toolchain:
    """A toolchain that yields code for cuda unless told otherwise."""
    if "yields_ir" not in facts:
        facts.setdefault("target", "cuda")
    return Toolchain(name, name, (Intake(takes),), **facts)


def stages_of(search: PathSearch) -> list[str]:
    """The toolchains of the path that was found."""
    assert search.path is not None
    return [stage.toolchain for stage in search.path.stages]


def test_a_path_goes_through_several_irs() -> None:
    search = find_path(
        ModelDemand("stablehlo", dialects={"stablehlo": "1.10.0"}, element_types=("bf16",)),
        CATALOGUE.represent_product("aws-trainium"),
    )
    assert stages_of(search) == ["stablehlo-to-hlo", "neuronx-cc"]


def test_the_shortest_path_wins() -> None:
    device = make_device(
        make_toolchain("a-detour", "onnx", yields_ir="other"),
        make_toolchain("b-end", "other"),
        make_toolchain("c-direct", "onnx"),
    )
    assert stages_of(find_path(ModelDemand("onnx"), device)) == ["c-direct"]


def test_a_path_whose_coverage_is_known_wins_over_a_shorter_one() -> None:
    device = make_device(
        make_toolchain("direct", "onnx", operations=OperationCoverage("unknown")),
        make_toolchain("first", "onnx", yields_ir="other"),
        make_toolchain("second", "other"),
    )
    assert stages_of(find_path(ModelDemand("onnx"), device)) == ["first", "second"]


def test_circles_end() -> None:
    device = make_device(
        make_toolchain("there", "onnx", yields_ir="other"),
        make_toolchain("back", "other", yields_ir="onnx"),
    )
    assert find_path(ModelDemand("onnx"), device).path is None


def test_paths_are_no_longer_than_allowed() -> None:
    chain = [make_toolchain(f"t{i}", f"ir{i}", yields_ir=f"ir{i + 1}") for i in range(5)]
    device = make_device(*chain, make_toolchain("last", "ir5"))
    assert find_path(ModelDemand("ir0"), device).path is None
    assert find_path(ModelDemand("ir2"), device).path is not None


def test_a_translator_decides_the_version_of_what_follows() -> None:
    final = Toolchain(
        "end", "end", (Intake("b", dialects={"b": VersionRange(max="5")}),), target="x"
    )
    for version, found in (("5", True), ("6", False)):
        start = make_toolchain("start", "a", yields_ir="b", yields_dialects={"b": version})
        assert (find_path(ModelDemand("a"), make_device(start, final)).path is not None) is found


@pytest.mark.parametrize(
    ("demand", "facts", "text"),
    [
        ({"element_types": ("f8",)}, {"element_types": {"f16": ""}}, "t does not take f8"),
        (
            {"element_types": ("bf16",)},
            {"element_types": {"bf16": "sm_90"}},
            "takes bf16 from sm_90 on, not on sm_80",
        ),
        (
            {"operations": {"add": 9, "sort": 3}},
            {"operations": OperationCoverage("all", excluded=("sort",))},
            "does not cover sort (3 of 12 nodes)",
        ),
        (
            {"operations": {"matmul": 9, "gru": 1}, "work_shares": {"gru": 0.03}},
            {"operations": OperationCoverage("list", listed=("matmul",))},
            "does not cover gru (1 of 10 nodes, 3 % of the matrix work)",
        ),
        (
            {"native_operations": {"QLinearConv": 3, "Conv": 1}},
            {"operations": OperationCoverage(excluded_natives={"ai.onnx": ("QLinearConv",)})},
            "t does not take QLinearConv",
        ),
        (
            {"native_operations": {"org:A": 3, "org:B/add": 2, "org:B": 1, "C": 1}},
            {"operations": OperationCoverage(natives={"org": ("A",)})},
            "t does not take org:B",
        ),
        ({"control_flow": {"while": 1}}, {"control_flow": False}, "takes no control flow (while)"),
        ({"collectives": {"all_reduce": 1}}, {}, "takes no collectives (all_reduce)"),
        ({}, {"min_architecture": "sm_90"}, "needs sm_90 or later, not sm_80"),
        ({}, {"max_architecture": "sm_75"}, "knows sm_75 at the latest, not sm_80"),
        ({}, {"architectures": ("sm_90",)}, "compiles for sm_90, not for sm_80"),
        ({}, {"overlays": ("DPU",)}, "needs the overlay DPU; device has none loaded"),
    ],
)
def test_a_refusal_says_what_stands_against_it(
    demand: dict[str, Any], facts: dict[str, Any], text: str
) -> None:
    search = find_path(ModelDemand("ir", **demand), make_device(make_toolchain("t", "ir", **facts)))
    assert search.path is None
    assert [text in refusal.text for refusal in search.refusals] == [True]


def test_a_loaded_overlay_opens_the_path() -> None:
    toolchain = make_toolchain("t", "ir", overlays=("DPU-1",))
    device = make_device(toolchain, functions=("dpu-1",))
    assert find_path(ModelDemand("ir"), device).path is not None


def test_an_integer_part_asks_to_quantise_a_floating_point_model() -> None:
    device = make_device(make_toolchain("t", "ir", quantises_to="i8"))
    for types, changes in ((("f32",), ["quantise to i8 with example inputs"]), (("i8", "f32"), [])):
        path = find_path(ModelDemand("ir", element_types=types), device).path
        assert path is not None
        assert [condition.change for condition in path.conditions] == changes


def test_a_static_compiler_asks_to_bind_open_dimensions() -> None:
    device = make_device(make_toolchain("t", "ir", dynamic_shapes="none"))
    demand = ModelDemand("ir", dynamic=True, bound=True, binding="dynamic dimension batch")
    path = find_path(demand, device).path
    assert isinstance(path, CompilePath)
    assert [condition.change for condition in path.conditions] == ["bind dynamic dimension batch"]


def test_versions_are_compared_by_their_numbers() -> None:
    bounds = VersionRange("0.9.0", "1.13")
    assert bounds.refuse("1.13.7") is None
    assert bounds.refuse("1.9.0") is None
    assert bounds.refuse("1.14.0") == "<= 1.13"
    assert bounds.refuse("0.8.9") == ">= 0.9.0"


def test_the_version_of_the_ir_itself_counts() -> None:
    toolchain = replace(
        make_toolchain("t", "openvino"), takes=(Intake("openvino", VersionRange("10", "11")),)
    )
    search = find_path(ModelDemand("openvino", version="7"), make_device(toolchain))
    assert "needs openvino version >= 10, the file is 7" in search.refusals[0].text


def test_an_operation_set_without_a_range_counts_once_it_is_used() -> None:
    toolchain = replace(
        make_toolchain("t", "onnx"), takes=(Intake("onnx", dialects={"ai.onnx": VersionRange()}),)
    )
    dialects = {"ai.onnx": "17", "com.x": "1"}
    unused = ModelDemand("onnx", dialects=dialects, native_operations={"Relu": 1})
    used = ModelDemand("onnx", dialects=dialects, native_operations={"com.x:Magic": 1})
    assert find_path(unused, make_device(toolchain)).path is not None
    assert find_path(used, make_device(toolchain)).path is None


def test_reasons_name_an_operation_as_the_file_does_and_not_its_steps() -> None:
    toolchain = replace(
        make_toolchain("t", "onnx"), takes=(Intake("onnx", dialects={"ai.onnx": VersionRange()}),)
    )
    demand = ModelDemand(
        "onnx",
        dialects={"com.x": "1"},
        native_operations={"com.x:SkipNorm/add": 2, "com.x:SkipNorm": 2, "com.x/y:Magic": 1},
    )
    texts = [refusal.text for refusal in find_path(demand, make_device(toolchain)).refusals]
    assert texts == ["t does not take operations of com.x (com.x:SkipNorm)"]


def test_the_toolchain_that_comes_nearest_is_named_first() -> None:
    far = make_toolchain("far", "ir", min_architecture="sm_90", overlays=("DPU",))
    near = make_toolchain("near", "ir", min_architecture="sm_90")
    other = make_toolchain("other", "ir", min_architecture="sm_90")
    texts = [
        refusal.text.split()[0]
        for refusal in find_path(ModelDemand("ir"), make_device(far, other, near)).refusals
    ]
    assert texts == ["other", "near", "far", "far"]


def test_architectures_are_ordered_within_a_family() -> None:
    assert is_at_least("sm_100a", "sm_90")
    assert not is_at_least("sm_75", "sm_80")
    assert is_at_least("gfx942", "gfx90a")
    assert not is_at_least("gfx90a", "sm_80")


@pytest.mark.parametrize(
    ("device", "code", "runs"),
    [
        ("sm_86", "sm_80", True),
        ("sm_80", "sm_86", False),
        ("sm_90", "sm_80", False),
        ("sm_90", "sm_90a", True),
        ("sm_103a", "sm_100a", False),
        ("gfx90a:sramecc+:xnack-", "gfx90a", True),
        ("gfx942", "gfx90a", False),
        ("sm_89", "sm_87", False),  # a module of Tegra, and no other device
        ("sm_87", "sm_86", False),
        ("sm_87", "sm_87", True),
        ("sm_103a", "sm_100f", True),
        ("sm_100a", "sm_103f", False),
        ("sm_110", "sm_100f", False),
        ("sm_121", "sm_120f", True),
        ("sm_100", "sm_90", False),
        ("gfx942", "gfx9-4-generic", True),
        ("gfx90a", "gfx9-4-generic", False),
        ("gfx942", "gfx942:xnack+", True),
        ("hailo8", "Hailo8", True),
    ],
)
def test_code_runs_where_it_is_compatible(device: str, code: str, runs: bool) -> None:
    assert runs_code_for(device, code) is runs


@pytest.mark.parametrize(
    ("device", "target", "runs"),
    [
        ("sm_80", "sm_80", True),
        ("sm_90a", "sm_80", True),
        ("sm_120", "sm_61", True),
        ("sm_87", "sm_80", True),
        ("sm_75", "sm_80", False),
        ("sm_90", "sm_90a", True),
        ("sm_100a", "sm_90a", False),
        ("sm_103", "sm_100f", True),
        ("sm_120", "sm_100f", False),
        ("gfx942", "sm_80", False),
    ],
)
def test_a_driver_compiles_assembly_of_older_targets(device: str, target: str, runs: bool) -> None:
    assert compiles_ptx_for(device, target) is runs


@pytest.mark.parametrize(
    ("operations", "change"),
    [({"Relu": 1, "Scan/add": 2}, "convert ai.onnx 20 to 18"), ({"Gelu": 1}, None), ({}, None)],
)
def test_a_newer_model_is_written_down_when_nothing_it_uses_changed(
    operations: dict[str, int], change: str | None
) -> None:
    bounds = VersionRange("7", "18", changed_above=("Gelu", "DFT"))
    toolchain = Toolchain("t", "t", (Intake("onnx", dialects={"ai.onnx": bounds}),), target="x")
    demand = ModelDemand("onnx", dialects={"ai.onnx": "20"}, native_operations=operations)
    search = find_path(demand, make_device(toolchain))
    if change is None:
        assert search.path is None
        assert "needs ai.onnx <= 18, the file uses 20" in search.refusals[0].text
    else:
        assert search.path is not None
        assert [condition.change for condition in search.path.conditions] == [change]


def test_a_model_below_the_least_version_is_not_written_up() -> None:
    bounds = VersionRange("9", "18", changed_above=())
    toolchain = Toolchain("t", "t", (Intake("onnx", dialects={"ai.onnx": bounds}),), target="x")
    demand = ModelDemand("onnx", dialects={"ai.onnx": "8"}, native_operations={"Relu": 1})
    assert find_path(demand, make_device(toolchain)).path is None

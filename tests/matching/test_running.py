"""Which runtime executes a model, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.running.choosing import Runners, Running
from cyborg_rr.domain.matching.verdict import TimeInterval, Verdict
from cyborg_rr.domain.representation.compile_path import CompilePath
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.requirement import IRRequirement, WorkItem
from tests.matching.requirements import make_requirement
from tests.shipped import load

H100 = load().represent_product("nvidia-h100-sxm-80")
MI210 = load().represent_product("amd-mi210")


def make_product(
    element_type: str, size: int = 4096, *, fused: int = 0, kind: str = "contraction"
) -> WorkItem:
    """A square product."""
    width = 4 if element_type == "f32" else 2
    moved = width * size * size
    return WorkItem(
        kind, element_type, 1, size**3, fused * size * size, 0, 2 * moved, moved, moved,  # type: ignore[arg-type]
        fused=fused, inner_bytes=fused * moved,
    )  # fmt: skip


def judge(
    requirement: IRRequirement,
    options: MatchOptions | None = None,
    device: ResourceRepresentation = H100,
) -> Verdict:
    found = match(
        requirement,
        [device],
        options,
        None,
        load().find_coverage,
        runtimes=load().runtimes,
    )
    return found[0]


def choose(toolchain: str, asked: str | None, device: ResourceRepresentation = H100) -> Running:
    """The runtime where one toolchain compiles a model."""
    last = next(each for each in device.toolchains if each.id == toolchain)
    runners = Runners(MatchOptions(runtime=asked), load().runtimes)
    return runners.find(CompilePath(toolchains=(last,)), device)


def take_seconds(requirement: IRRequirement, options: MatchOptions) -> float:
    time = judge(requirement, options).time_seconds
    assert time is not None
    return time.expected


@pytest.mark.parametrize(
    ("toolchain", "asked", "name"),
    [
        ("onnxruntime-cuda", None, "onnxruntime-cuda"),
        ("transformers-cuda", None, "eager"),
        ("torch-inductor", None, "inductor"),
        ("xla-gpu", None, "xla"),
        ("onnxruntime-cuda", "eager", "eager"),
        ("onnxruntime-cuda", "graph", "graph"),
        ("onnxruntime-cuda", "compiled", "onnxruntime-cuda"),
        ("transformers-cuda", "compiled", "inductor"),
        ("onnxruntime-cuda", "onnxruntime-tensorrt", "onnxruntime-tensorrt"),
        ("torch-inductor", "torchscript", "torchscript"),
    ],
)
def test_a_runtime_is_that_of_the_path_unless_another_is_asked_for(
    toolchain: str, asked: str | None, name: str
) -> None:
    assert choose(toolchain, asked).runtime.name == name


def test_what_has_no_runtime_of_its_own_is_taken_by_its_kind() -> None:
    bare = replace(H100, toolchains=tuple(replace(t, runtime="") for t in H100.toolchains))
    assert choose("xla-gpu", None, bare).runtime.name == "compiled"
    assert choose("xla-gpu", "eager", bare).runtime.name == "eager"


def test_a_row_for_the_target_comes_before_one_for_all() -> None:
    assert choose("transformers-rocm", None, MI210).runtime.targets == ("rocm",)
    assert load().runtimes.find("eager", "hpu") == load().runtimes.find("eager", None)
    assert load().runtimes.find("llamma", "cuda") is None


def test_the_verdict_names_the_runtime() -> None:
    assert judge(make_requirement()).assumptions[0].startswith("ONNX Runtime, CUDA provider")
    eager = judge(make_requirement(), MatchOptions(runtime="eager"))
    assert eager.assumptions[0] == "PyTorch, eager (eager runtime)"


def test_a_runtime_that_nobody_knows_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="no runtime 'inducter' is known; nearest: inductor"):
        judge(make_requirement(), MatchOptions(runtime="inducter"))


def test_a_runtime_that_is_named_decides_which_path_is_taken() -> None:
    named = judge(make_requirement(), MatchOptions(runtime="tensorrt"))
    assert [stage["toolchain"] for stage in named.compile_path] == ["tensorrt"]
    usual = judge(make_requirement())
    assert [stage["toolchain"] for stage in usual.compile_path] == ["onnxruntime-cuda"]


def test_a_device_without_a_path_to_a_named_runtime_is_told_which_it_has() -> None:
    options = MatchOptions(runtime="tensorrt")
    verdicts = match(
        make_requirement(), [H100, MI210], options, None, load().find_coverage,
        runtimes=load().runtimes,
    )  # fmt: skip
    (refused,) = (each for each in verdicts if each.device_class == MI210.device_class)
    assert refused.verdict == "does not fit"
    assert refused.reasons[0] == (
        "no toolchain compiles onnx for amd-mi210 to what tensorrt runs"
        " (nearest fix: the runtime iree or migraphx or onnxruntime-rocm or tvm)"
    )


def test_a_runtime_that_runs_no_such_models_anywhere_is_refused_with_those_that_do() -> None:
    with pytest.raises(InvalidInput, match=r"xla runs no onnx models .* onnxruntime-cuda, "):
        judge(make_requirement(), MatchOptions(runtime="xla"))


def test_a_kind_of_runtime_is_of_every_path() -> None:
    assert judge(make_requirement(), MatchOptions(runtime="eager")).verdict == "fits"
    assert judge(make_requirement(), MatchOptions(runtime="graph")).verdict == "fits"


def test_products_of_f32_run_as_the_runtime_has_it() -> None:
    requirement = make_requirement(element_type="f32", work=(make_product("f32"),))
    eager, trt = (take_seconds(requirement, MatchOptions(runtime=n)) for n in ("eager", "tensorrt"))
    assert eager > 4 * trt
    highest = MatchOptions(runtime="tensorrt", precision_policy="highest")
    assert take_seconds(requirement, highest) == pytest.approx(eager, rel=0.1)
    high = MatchOptions(runtime="eager", precision_policy="high")
    assert take_seconds(requirement, high) == pytest.approx(trt, rel=0.1)
    assert "precision policy highest" in judge(requirement, highest).assumptions[0]


def test_convolutions_of_f32_run_as_tf32_in_torch() -> None:
    item = make_product("f32", kind="convolution")
    requirement = make_requirement(element_type="f32", work=(item,))
    default, highest = (
        take_seconds(requirement, MatchOptions(runtime="eager", precision_policy=policy))  # type: ignore[arg-type]
        for policy in ("default", "highest")
    )
    assert highest > 1.5 * default


def test_what_a_compiler_fuses_takes_no_kernel_of_its_own() -> None:
    plain = make_requirement(work=(make_product("f16"),))
    longer = make_requirement(work=(make_product("f16", fused=6),))
    for runtime, is_longer in (("tensorrt", False), ("graph", True)):
        options = MatchOptions(runtime=runtime)
        times = take_seconds(plain, options), take_seconds(longer, options)
        assert (times[1] > 1.2 * times[0]) is is_longer


def take_interval(requirement: IRRequirement, options: MatchOptions) -> TimeInterval:
    time = judge(requirement, options).time_seconds
    assert time is not None
    return time


def test_the_interval_covers_all_that_may_be_meant_where_no_runtime_is_stated() -> None:
    requirement = make_requirement(
        family="pt2", dialects={}, element_type="f16", work=(make_product("f16", 1024, fused=6),)
    )
    unstated = take_interval(requirement, MatchOptions())
    names = "eager", "graph", "torchscript", "inductor"
    stated = [take_interval(requirement, MatchOptions(runtime=name)) for name in names]
    assert unstated.expected == stated[-1].expected
    assert unstated.low == min(time.low for time in stated)
    assert unstated.high == max(time.high for time in stated)
    assert judge(requirement).assumptions[-1] == (
        "no runtime was stated: the interval covers inductor and eager and graph and torchscript"
    )


def test_the_interval_covers_f32_and_tf32_where_neither_runtime_nor_policy_is_stated() -> None:
    requirement = make_requirement(element_type="f32", work=(make_product("f32"),))
    unstated = take_interval(requirement, MatchOptions())
    usual = MatchOptions(runtime="onnxruntime-cuda")
    for policy in ("highest", "high"):
        stated = take_interval(requirement, replace(usual, precision_policy=policy))
        assert unstated.low <= stated.low <= stated.high <= unstated.high
    assert unstated.high > 4 * take_interval(requirement, usual).high
    policy_alone = take_interval(requirement, MatchOptions(precision_policy="high"))
    assert policy_alone.high < unstated.high
    assert judge(requirement).assumptions[-1] == (
        "no runtime was stated: the interval covers onnxruntime-cuda and onnxruntime-tensorrt"
        " with f32 products in f32 or tf32"
    )


def test_a_device_without_tf32_has_no_wider_interval_for_it() -> None:
    requirement = make_requirement(element_type="f32", work=(make_product("f32"),))
    unstated = judge(requirement, device=MI210)
    assert not any("tf32" in each for each in unstated.assumptions)


def test_kernels_that_are_recorded_wait_for_no_host() -> None:
    small = replace(make_product("f16", 128), count=1000)
    requirement = make_requirement(work=(small,), operations={"matmul": 1000})
    eager, graph = (take_seconds(requirement, MatchOptions(runtime=n)) for n in ("eager", "graph"))
    assert eager > 1.5 * graph


def test_no_family_that_was_not_measured_is_called_faster_than_the_one_that_was() -> None:
    """The host's part and gaps of a runtime elsewhere are at least those on CUDA."""
    runtimes = load().runtimes
    for name in runtimes.names:
        measured, other = runtimes.find(name, "cuda"), runtimes.find(name, "no such family")
        if measured is None or other is None or measured is other:
            continue
        assert (other.dispatch_seconds or 0) >= (measured.dispatch_seconds or 0), name
        assert (other.gap_seconds or 0) >= (measured.gap_seconds or 0), name

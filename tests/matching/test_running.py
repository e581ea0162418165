"""Which runtime executes a model, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.matching.running.choosing import Runners, Running
from cyborg_rr.domain.matching.verdict import Verdict
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
        ("onnxruntime-cuda", "tensorrt", "tensorrt"),
        ("iree-cuda", "xla", "xla"),
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


def test_products_of_f32_run_as_the_runtime_has_it() -> None:
    requirement = make_requirement(element_type="f32", work=(make_product("f32"),))
    eager, xla = (take_seconds(requirement, MatchOptions(runtime=n)) for n in ("eager", "xla"))
    assert eager > 4 * xla
    highest = MatchOptions(runtime="xla", precision_policy="highest")
    assert take_seconds(requirement, highest) == pytest.approx(eager, rel=0.1)
    high = MatchOptions(runtime="eager", precision_policy="high")
    assert take_seconds(requirement, high) == pytest.approx(xla, rel=0.1)
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
    for runtime, is_longer in (("inductor", False), ("graph", True)):
        options = MatchOptions(runtime=runtime)
        times = take_seconds(plain, options), take_seconds(longer, options)
        assert (times[1] > 1.2 * times[0]) is is_longer


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

"""Memory follows the runtime and what the device runs as one kernel; what is said of it holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.domain.graph.memory.habits import Attending
from cyborg_rr.domain.matching.memory import (
    ACTIVATION_MARGIN,
    DEFAULT_WORKSPACE_BYTES,
    MARGIN_BYTES,
    OUTPUT_MARGIN,
    PLANNED_MARGIN,
    find_memory_need,
)
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.requirement.requirement import IRRequirement, RuntimePeak
from tests.matching.requirements import make_requirement
from tests.unit.graph.attending import AttentionBuilder
from tests.unit.requirement.test_extraction import require
from tools import score_memory

MIB = 1 << 20
OUTPUTS = 100 * MIB
PEAKS: dict[Attending, int] = {"none": 500 * MIB, "called": 300 * MIB, "all": 200 * MIB}
TORCH = Runtime("t", "torch", "eager", flash_attention={"f16": "sm_80"}, reads_strides=True)


@pytest.fixture(scope="module")
def requirement() -> IRRequirement:
    """A model whose peak hangs on how attention runs, and on what is fused."""
    made = make_requirement(activations=900 * MIB)
    peaks = [RuntimePeak(way, size, {"f16": size}) for way, size in PEAKS.items()]
    peaks.append(RuntimePeak("none", 400 * MIB, {"f16": 400 * MIB}, fuses=True))
    memory = replace(made.memory, output_bytes=OUTPUTS, runtime_peaks=tuple(peaks))
    return replace(made, memory=memory)


def test_scores_are_stored_where_the_runtime_has_no_kernel_that_spares_them(
    catalogue: Catalogue,
) -> None:
    """Of an attention that the file has as one operation no plan of temporaries has scores."""
    built = AttentionBuilder()
    q, k, v = (built.input(name, 1, 16, 2048, 64, element_type="f16") for name in "qkv")
    made = require(built, built.node("attention", q, k, v))
    (attention,) = made.attention
    assert attention.score_bytes == 16 * 2048 * 2048 * 2
    spelled = replace(made, attention=(replace(attention, replaces=attention.replaces * 2),))
    stores = replace(TORCH, flash_attention={}, reads_strides=False)
    needs = [
        find_memory_need(requirement, catalogue.represent_product(product), runtime).activations
        for requirement, product, runtime in (
            (made, "nvidia-h100-sxm-80", TORCH),
            (made, "nvidia-t4", TORCH),
            (made, "nvidia-h100-sxm-80", stores),
            (spelled, "nvidia-h100-sxm-80", stores),
        )
    ]
    assert needs == [0, 2 * attention.score_bytes, 2 * attention.score_bytes, 0]


@pytest.mark.parametrize(
    ("runtime", "product", "peak"),
    [
        (TORCH, "nvidia-h100-sxm-80", PEAKS["called"]),
        (TORCH, "nvidia-t4", PEAKS["none"]),
        (replace(TORCH, joins_attention=True), "nvidia-h100-sxm-80", PEAKS["all"]),
        (replace(TORCH, flash_attention={}), "nvidia-h100-sxm-80", PEAKS["none"]),
        (replace(TORCH, flash_attention={"f32": ""}), "nvidia-h100-sxm-80", PEAKS["none"]),
        (replace(TORCH, reads_strides=False), "nvidia-h100-sxm-80", 900 * MIB + OUTPUTS),
        (
            replace(TORCH, plans_memory=True, fuses="elementwise"), "nvidia-h100-sxm-80",
            400 * MIB,
        ),
    ],
)  # fmt: skip
def test_activations_are_those_of_the_runtime_on_the_device(
    catalogue: Catalogue, requirement: IRRequirement, runtime: Runtime, product: str, peak: int
) -> None:
    need = find_memory_need(requirement, catalogue.represent_product(product), runtime)
    assert (need.activations, need.outputs) == (peak - OUTPUTS, OUTPUTS)


def test_the_margin_is_one_quantile_of_what_comes_and_goes(
    catalogue: Catalogue, requirement: IRRequirement
) -> None:
    device = catalogue.represent_product("nvidia-h100-sxm-80")
    asked = find_memory_need(requirement, device, TORCH)
    activations = PEAKS["called"] - OUTPUTS
    assert asked.margin == MARGIN_BYTES + int(
        ACTIVATION_MARGIN * activations + OUTPUT_MARGIN * OUTPUTS
    )
    planned = find_memory_need(requirement, device, replace(TORCH, plans_memory=True))
    assert planned.margin == MARGIN_BYTES + int(PLANNED_MARGIN * activations)


def test_a_workspace_that_nobody_measured_is_a_large_one(
    catalogue: Catalogue, requirement: IRRequirement
) -> None:
    device = catalogue.represent_product("nvidia-h100-sxm-80")
    known = find_memory_need(requirement, device, replace(TORCH, workspace_bytes=32 * MIB))
    unknown = find_memory_need(requirement, device, TORCH)
    assert (known.workspace, unknown.workspace) == (32 * MIB, DEFAULT_WORKSPACE_BYTES)
    assert unknown.known - known.known == DEFAULT_WORKSPACE_BYTES - 32 * MIB
    assert unknown.total == unknown.known


@pytest.mark.parametrize("half", ["learned", "held out"])
def test_what_is_said_of_models_holds_for_both_halves(half: str) -> None:
    """At one batch, of which the error is larger than that of all that the tool goes through."""
    runs = [run for run in score_memory.read_runs(("8",)) if run.half == half]
    seen = [(run.need.total or 0) / run.seen for run in runs if run.seen]
    median, p90 = score_memory.find_errors(seen)
    precision, recall = score_memory.find_fits([run for run in runs if run.least])
    assert median <= 0.08
    assert p90 <= 0.12
    assert precision >= 0.99
    assert recall >= 0.90

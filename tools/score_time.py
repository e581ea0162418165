"""Hold estimated times of whole models and products against measured ones, in two halves.

The constants of the estimate were chosen with the learning half: models by name, products by their
shape. The other half shows what they are worth. ``error`` is the mean of what the estimate is off
by, as a share of what was measured, ``bias`` the median of estimate / measured, ``inside`` the
share within the interval, ``width`` the median of its high end over its low one, ``tau`` how alike
devices are ordered (Kendall).
"""

from __future__ import annotations

import csv
import statistics
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Final

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.matching.estimate.kernels import (
    Profile,
    find_launching,
    group_kernels,
    make_profile,
)
from cyborg_rr.domain.matching.estimate.roofline import TimeEstimate, estimate_kernels
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.representation.runtimes import Runtime
from cyborg_rr.domain.requirement.requirement import IRRequirement, WorkItem
from tools.measured_models import DATA, analyse_model, read_models

LEARNED: Final = frozenset(
    {"resnet50", "bert_base_s128", "gpt2_medium_s512", "ns_bert_large", "jax_gpt2s_s512.inf"}
)
"""Models that gave constants; the others are held out."""

H100: Final = "nvidia-h100-sxm-80"
NEUSIGHT: Final = {
    "AMD_Instinct_MI100": "amd-mi100",
    "NVIDIA_A100-PCIE-40GB": "nvidia-a100-pcie-40",
    "NVIDIA_L4": "nvidia-l4",
    "Tesla_V100-PCIE-32GB": "nvidia-v100-pcie-32",
}
PRODUCTS: Final = {"h100_sxm": H100, "l40s": "nvidia-l40s", "b60": "intel-arc-pro-b60"}
TORCH: Final = {"eager": "eager", "graph": "graph", "compile": "inductor"}
RECORDED: Final = "compile_graph"
"""Inductor whose kernels are recorded: the host launches nothing."""

_TYPES: Final = {"f32": "f32", "bf16": "bf16", "f16": "bf16"}
_ELEMENTS: Final = {"bfloat16": ("bf16", 2), "fp8": ("f8E4M3FN", 1)}


@dataclass(frozen=True)
class Run:
    """One time: what it is of, in which half, and what was estimated and measured."""

    group: str
    model: str
    product: str
    half: str
    time: TimeEstimate
    seconds: float


@cache
def _load() -> Catalogue:
    return load()


def _represent(product: str) -> tuple[ResourceRepresentation, str]:
    representation = _load().represent_product(product)
    return representation, representation.targets[0].partition(":")[0]


def _find_runtime(name: str, family: str) -> Runtime:
    found = _load().runtimes.find(name, family)
    if found is None:
        raise SystemExit(f"the catalogue has no runtime {name} for {family}")
    return found


def estimate(requirement: IRRequirement, product: str, runtime: Runtime) -> TimeEstimate:
    """What a verdict says of a model."""
    representation, _ = _represent(product)
    launching = find_launching(runtime, representation.architecture)
    return _finish(representation, make_profile(requirement, launching), runtime)


def _finish(
    representation: ResourceRepresentation, profile: Profile, runtime: Runtime
) -> TimeEstimate:
    found = estimate_kernels(profile, representation, runtime)
    if found.time is None:
        raise SystemExit(f"{representation.device_class}: {found.reasons}")
    return found.time


def _find_half(model: str) -> str:
    return "learned" if model in LEARNED else "held out"


def read_torch() -> Iterator[Run]:
    """torch on one H100."""
    with (DATA / "h100" / "torch.csv").open() as file:
        for row in csv.DictReader(file):
            name = f"onnx/{row['model']}.b0.{_TYPES.get(row['dtype'], '')}.onnx"
            known = row["runtime"] in TORCH or row["runtime"] == RECORDED
            if known and row["median_ms"] and name in read_models():
                yield _read_torch_run(row, name)


def _read_torch_run(row: dict[str, str], name: str) -> Run:
    runtime = _find_runtime(TORCH.get(row["runtime"], "inductor"), "cuda")
    if row["runtime"] == RECORDED:
        runtime = replace(runtime, kind="graph")
    group = f"{row['runtime']} {'f32' if row['dtype'] == 'f32' else '16 bits'}"
    if row["tf32_matmul"] == "1":
        runtime, group = replace(runtime, products="tf32"), f"{group} tf32"
    time = estimate(analyse_model(name, int(row["batch"])), H100, runtime)
    seconds = float(row["median_ms"]) / 1e3
    return Run(group, f"{name} {row['batch']}", H100, _find_half(row["model"]), time, seconds)


def read_jax() -> Iterator[Run]:
    """XLA on the same card."""
    with (DATA / "h100" / "jax.csv").open() as file:
        for row in csv.DictReader(file):
            name = f"hlo/{row['model']}.{row['mode']}.b{row['b']}.{row['dt']}.mlir"
            time = estimate(analyse_model(name, None), H100, _find_runtime("xla", "cuda"))
            half = _find_half(f"{row['model']}.{row['mode']}")
            yield Run("xla", name, H100, half, time, float(row["ms"]) / 1e3)


def read_neusight() -> Iterator[Run]:
    """Eager f32 on four devices."""
    with (DATA / "neusight" / "models.csv").open() as file:
        for row in csv.DictReader(file):
            product = NEUSIGHT[row["device"]]
            name = f"onnx/ns_{row['model']}.b0.f32.onnx"
            runtime = _find_runtime("eager", _represent(product)[1])
            time = estimate(analyse_model(name, int(row["batch"])), product, runtime)
            half = _find_half(f"ns_{row['model']}")
            key = f"{name} {row['batch']}"
            yield Run(f"eager f32 {product}", key, product, half, time, float(row["ms"]) / 1e3)


def read_products() -> Iterator[Run]:
    """Matrix products of a database of kernels on three devices."""
    with (DATA / "gemm" / "gemm.csv").open() as file:
        for row in csv.DictReader(file):
            m, n, k = (int(row[size]) for size in "mnk")
            element_type, size = _ELEMENTS[row["dtype"]]
            read, weights = size * (m * k + k * n), size * k * n
            item = WorkItem(
                "contraction", element_type, 1, m * k * n, 0, 0, read, 2 * m * n, weights
            )
            product = PRODUCTS[row["dev"]]
            half = "held out" if zlib.crc32(f"{n},{k}".encode()) % 2 else "learned"
            key = f"{row['dtype']} {m} {n} {k}"
            time = estimate_product(item, product)
            yield Run(f"{row['dtype']} {product}", key, product, half, time, float(row["ms"]) / 1e3)


def estimate_product(item: WorkItem, product: str) -> TimeEstimate:
    """A kernel that is recorded beside others: nothing but itself is counted."""
    representation, family = _represent(product)
    runtime = replace(_find_runtime("graph", family), start_seconds=1e-9)
    launching = find_launching(runtime, representation.architecture)
    return _finish(representation, Profile(group_kernels((item,), launching), 0.0), runtime)


def find_tau(runs: Iterable[Run]) -> float:
    """How alike devices are ordered by what is estimated and measured of each model."""
    by_model: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_model[run.model].append(run)
    agreed = [
        (one.time.expected < other.time.expected) == (one.seconds < other.seconds)
        for found in by_model.values()
        for one, other in combinations(found, 2)
    ]
    return 2 * sum(agreed) / len(agreed) - 1


def _print(group: str, runs: list[Run]) -> None:
    ratios = [run.time.expected / run.seconds for run in runs]
    errors = [abs(ratio - 1) for ratio in ratios]
    inside = sum(run.time.low <= run.seconds <= run.time.high for run in runs) / len(runs)
    width = statistics.median(run.time.high / run.time.low for run in runs)
    print(
        f"{group:36} {len(runs):4} {statistics.mean(errors):7.1%} {statistics.median(errors):7.1%}"
        f" {statistics.median(ratios):6.2f} {inside:7.0%} {width:6.2f}"
    )


def main() -> None:
    """Print a line for each runtime and device, by halves."""
    neusight, products = list(read_neusight()), list(read_products())
    models = [*read_torch(), *read_jax(), *neusight]
    head = f"{'':36} {'n':>4} {'error':>7} {'median':>7} {'bias':>6} {'inside':>7} {'width':>6}"
    for half in ("learned", "held out"):
        print(f"{half}\n{head}")
        groups: dict[str, list[Run]] = defaultdict(list)
        for run in (*models, *products):
            if run.half == half:
                groups[run.group].append(run)
        for group, runs in sorted(groups.items()):
            _print(group, runs)
        _print("all models", [run for run in models if run.half == half])
        print(f"tau of devices {find_tau(run for run in neusight if run.half == half):.2f}")

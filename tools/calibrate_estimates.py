"""Hold the time estimate against measured operator times and print the errors.

    python tools/calibrate_estimates.py
    python tools/calibrate_estimates.py memory

For each device and operator: measurements, median and 90th percentile of max(estimate/measured,
measured/estimate), median of estimate/measured, and how many measurements lie in the interval.
"""

from __future__ import annotations

import csv
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.matching.estimate.kernels import Profile, find_launching, group_kernels
from cyborg_rr.domain.matching.estimate.roofline import TimeEstimate, estimate_kernels
from cyborg_rr.domain.requirement.requirement import WorkItem
from tools import score_memory, score_time

DATA = Path(__file__).resolve().parents[1] / "tests" / "matching" / "measured"
PRODUCTS = {"a40": "nvidia-a40", "a100": "nvidia-a100-sxm-80", "h100": "nvidia-h100-sxm-80"}
SINGLE_CALL_SECONDS = 25e-6
"""LLMCompass times single calls from Python and waits for each: that overhead is no kernel's."""


@dataclass(frozen=True)
class Measurement:
    """One operator on one device."""

    product: str
    operator: str
    item: WorkItem
    seconds: float


def matmul(m: int, k: int, n: int) -> WorkItem:
    """A 16-bit matrix product of m x k and k x n."""
    return WorkItem("contraction", "f16", 1, m * k * n, 0, 0, 2 * (m * k + k * n), 2 * m * n)


def elementwise(reads: int, writes: int, operations: int) -> WorkItem:
    """A 16-bit elementwise kernel."""
    return WorkItem("elementwise", "f16", 1, 0, operations, 0, 2 * reads, 2 * writes)


def read_llmcompass() -> Iterator[Measurement]:
    """Square and tall matrix products."""
    for name, product in (("A100", "nvidia-a100-sxm-80"), ("MI210", "amd-mi210")):
        with (DATA / "llmcompass" / f"matmul_{name}.csv").open() as file:
            for row in csv.reader(file):
                m, k, n = (int(cell) for cell in row[:3])
                seconds = float(row[3].strip().removesuffix("ms")) / 1e3 - SINGLE_CALL_SECONDS
                if seconds > SINGLE_CALL_SECONDS:  # less is mostly overhead
                    yield Measurement(product, "matmul (LLMCompass)", matmul(m, k, n), seconds)


def read_vidur() -> Iterator[Measurement]:
    """Operators of a transformer block."""
    with (DATA / "vidur" / "mlp_ops_ms.csv").open() as file:
        for row in csv.DictReader(file):
            yield from _read_block(row)


def _read_block(row: dict[str, str]) -> Iterator[Measurement]:
    product = PRODUCTS[row["device"]]
    split = int(row["num_tensor_parallel_workers"])
    tokens, width = int(row["num_tokens"]), int(row["n_embd"])
    heads, own_heads = int(row["n_head"]), int(row["n_kv_head"])
    size = width // heads
    gated = 2 if row["use_gated_mlp"] == "True" else 1
    inner = int(row["n_expanded_embd"]) // split
    projected = size * (heads + 2 * own_heads) // split
    items = {
        "attn_pre_proj": matmul(tokens, width, projected),
        "attn_post_proj": matmul(tokens, width // split, width),
        "mlp_up_proj": matmul(tokens, width, gated * inner),
        "mlp_down_proj": matmul(tokens, inner, width),
        "mlp_act": elementwise(gated * tokens * inner, tokens * inner, 5 * tokens * inner),
        "input_layernorm": replace(
            elementwise(tokens * width, tokens * width, 5 * tokens * width), kind="reduction"
        ),
        "add": elementwise(2 * tokens * width, tokens * width, tokens * width),
    }
    for name, item in items.items():
        cell = row.get(f"{name}_ms", "")
        if cell and float(cell) > 0:
            yield Measurement(product, name, item, float(cell) / 1e3)


def estimate(catalogue: Catalogue, measurement: Measurement) -> TimeEstimate:
    """What the service says of one operator."""
    representation = catalogue.represent_product(measurement.product)
    family = representation.targets[0].partition(":")[0]
    runtime = catalogue.runtimes.find("graph", family)
    if runtime is None:
        raise SystemExit(f"{measurement.product}: no runtime")
    launching = find_launching(runtime, representation.architecture)
    profile = Profile(group_kernels((measurement.item,), launching), 0.0)
    found = estimate_kernels(profile, representation, replace(runtime, start_seconds=1e-9))
    if found.time is None:
        raise SystemExit(f"{measurement.product}: {found.reasons}")
    return found.time


def main() -> None:
    """Print one line for each device and operator, and one for all."""
    catalogue = load()
    groups: dict[tuple[str, str], list[tuple[float, bool]]] = defaultdict(list)
    for measurement in (*read_llmcompass(), *read_vidur()):
        time = estimate(catalogue, measurement)
        ratio = time.expected / measurement.seconds
        is_inside = time.low <= measurement.seconds <= time.high
        for key in (
            (measurement.product, measurement.operator),
            (measurement.product, "all"),
            ("all", "all"),
        ):
            groups[key].append((ratio, is_inside))
    print(
        f"{'device':20} {'operator':20} {'n':>5} {'median':>7} {'p90':>6} {'bias':>6} {'inside':>7}"
    )
    for (product, operator), entries in sorted(groups.items()):
        errors = sorted(max(ratio, 1 / ratio) for ratio, _ in entries)
        bias = statistics.median(ratio for ratio, _ in entries)
        inside = sum(hit for _, hit in entries) / len(entries)
        print(
            f"{product:20} {operator:20} {len(entries):5} {statistics.median(errors):7.2f}"
            f" {errors[int(0.9 * (len(errors) - 1))]:6.2f} {bias:6.2f} {inside:7.0%}"
        )


if __name__ == "__main__":
    if sys.argv[1:] == ["memory"]:
        score_memory.main()
    elif sys.argv[1:] == ["time"]:
        score_time.main()
    else:
        main()

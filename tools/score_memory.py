"""Hold the memory of verdicts against what models took on one H100, for ``calibrate_estimates``.

Models of the learning half gave the constants of the margin, those of the other half did not. For
each run: what the allocator held live at most against all items but the margin (``live``), what the
driver saw the process take against the sum (``seen``), and for runs whose least memory was found by
bisection whether a device with 0.8 to 2 times that would be told to fit. Of XLA, whose compiler
states what it plans, the plan against the items it is made of.
"""

from __future__ import annotations

import csv
import statistics
import tarfile
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.matching.memory import find_memory_need
from cyborg_rr.domain.matching.verdict import MemoryNeed
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source

DATA: Final = Path(__file__).resolve().parents[1] / "tests" / "matching" / "measured" / "h100"
LEARNED: Final = frozenset({"resnet50", "vit_base", "gpt2_medium_s512"})
PRODUCT: Final = "nvidia-h100-sxm-80"
RUNTIMES: Final = {"eager": "eager", "cap": "eager", "compile": "inductor"}
CONTEXT_BYTES: Final = 776 << 20
"""Of a process beside its allocator; what is bisected is what that may hold."""

_TYPES: Final = {"f32": "f32", "bf16": "bf16", "f16": "bf16"}
"""Which exported file a run is of: 16-bit floats take the same memory."""

BATCHES: Final = ("1", "8", "64")

STEPS: Final = 121
"""Devices that each least memory is held against."""


@dataclass(frozen=True)
class Run:
    """One run: the model, the need as estimated and the bytes that were measured."""

    model: str
    runtime: str
    need: MemoryNeed
    live: int
    seen: int
    least: int

    @property
    def half(self) -> str:
        """Whether the constants were learned from the model."""
        return "learned" if self.model in LEARNED else "held out"


@cache
def _read_models() -> dict[str, bytes]:
    with tarfile.open(DATA / "models.tar.xz") as archive:
        members = ((each.name, archive.extractfile(each)) for each in archive if each.isfile())
        return {name: file.read() for name, file in members if file is not None}


@cache
def _analyse(name: str, batch: int | None) -> IRRequirement:
    source = Source(name.rpartition("/")[2], _read_models()[name])
    return analyse(source, AnalysisOptions(batch=batch))


def find_need(requirement: IRRequirement, runtime: str) -> MemoryNeed:
    """What a verdict for the card says."""
    catalogue = load()
    representation = catalogue.represent_product(PRODUCT)
    row = catalogue.knowledge.runtimes.find(runtime, "cuda")
    if row is None:
        raise SystemExit(f"the catalogue has no runtime {runtime}")
    return find_memory_need(requirement, representation, row)


def read_runs(batches: Container[str] = BATCHES) -> Iterator[Run]:
    """The runs of models whose files are there; training is not estimated."""
    with (DATA / "torch.csv").open() as file:
        for row in csv.DictReader(file):
            name = f"onnx/{row['model']}.b0.{_TYPES.get(row['dtype'], '')}.onnx"
            is_meant = row["runtime"] in RUNTIMES and row["batch"] in batches
            if is_meant and name in _read_models():
                yield _read_run(row, _analyse(name, int(row["batch"])))


def _read_run(row: dict[str, str], requirement: IRRequirement) -> Run:
    number = {key: int(float(cell)) for key, cell in row.items() if _is_number(cell)}
    need = find_need(requirement, RUNTIMES[row["runtime"]])
    stored = number["params"] + number.get("buffers", 0)
    least = number["max_reserved"] + CONTEXT_BYTES if row["runtime"] == "cap" else 0
    return Run(
        row["model"],
        row["runtime"],
        _replace_stored(need, stored),
        number.get("max_allocated", 0),
        number.get("nvml_used", 0) - number["nvml_base"] if "nvml_used" in number else 0,
        least,
    )


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).isdigit()


def _replace_stored(need: MemoryNeed, stored: int) -> MemoryNeed:
    """The need with the weights that ran: exporters fold, drop and widen some."""
    gap = stored - (need.parameters or 0) - (need.constants or 0)
    total = None if need.total is None else need.total + gap
    return replace(need, parameters=stored, constants=0, total=total)


def main() -> None:
    """Print what each half comes to."""
    runs = list(read_runs())
    print(f"{'':10} {'':22} {'n':>4} {'median':>7} {'p90':>7} {'bias':>7}")
    for half in ("learned", "held out"):
        own = [run for run in runs if run.half == half]
        _print_errors(half, "live", ((_find_live(r.need), r.live) for r in own if r.live))
        _print_errors(half, "seen", (((r.need.total or 0), r.seen) for r in own if r.seen))
        _print_errors(half, "least", (((r.need.total or 0), r.least) for r in own if r.least))
        _print_fits(half, [run for run in own if run.least])
    _print_plans()


def _find_live(need: MemoryNeed) -> int:
    return need.known - (need.margin or 0) - need.runtime_context


def _print_errors(half: str, what: str, pairs: Iterable[tuple[int, int]]) -> None:
    ratios = sorted(estimate / measured for estimate, measured in pairs)
    if ratios:
        median, p90 = find_errors(ratios)
        bias = statistics.median(ratios) - 1
        print(f"{half:10} {what:22} {len(ratios):4} {median:7.1%} {p90:7.1%} {bias:+7.1%}")


def find_errors(ratios: Iterable[float]) -> tuple[float, float]:
    """The median and the 90 % quantile of how far estimates are off, by estimate/measured."""
    errors = sorted(abs(ratio - 1) for ratio in ratios)
    return statistics.median(errors), errors[int(0.9 * (len(errors) - 1))]


def find_fits(runs: Iterable[Run]) -> tuple[float, float]:
    """How often "fits" is right, and how often it is said of what fits, near the least memory."""
    said = right = fitting = 0
    for run in runs:
        for step in range(STEPS):
            usable = int(run.least * (0.8 + 1.2 * step / (STEPS - 1)))
            fits, told = usable >= run.least, (run.need.total or 0) <= usable
            said += told
            right += told and fits
            fitting += fits
    return right / max(said, 1), right / max(fitting, 1)


def _print_fits(half: str, runs: list[Run]) -> None:
    precision, recall = find_fits(runs)
    covered = sum((run.need.total or 0) >= run.least for run in runs)
    print(
        f"{half:10} fits: precision {precision:.3f}, recall {recall:.3f};"
        f" {covered} of {len(runs)} need no more than the sum"
    )


def _print_plans() -> None:
    """XLA's own plans: arguments, outputs and temporaries."""
    pairs = []
    with (DATA / "jax.csv").open() as file:
        for row in csv.DictReader(file):
            name = f"hlo/{row['model']}.{row['mode']}.b{row['b']}.{row['dt']}.mlir"
            need = find_need(_analyse(name, None), "xla")
            planned = _find_live(need) - need.workspace
            print(f"{'XLA':10} {name[4:-5]:40} {planned / int(row['xla']) - 1:+7.1%}")
            pairs.append((planned, int(row["xla"])))
    _print_errors("XLA", "plan", pairs)

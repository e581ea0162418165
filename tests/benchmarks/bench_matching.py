"""How long loading the catalogue and ranking it takes: the least of some runs, and the calls.

python -m tests.benchmarks.bench_matching

Calls of functions, Python's and built-in ones, are as many on any machine, however busy.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import FrameType

from cyborg_rr import codec
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.requirement import IRRequirement, WorkItem
from cyborg_rr.readers.reading.analysis import analyse
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.source import Source
from tests.matching.requirements import make_requirement
from tests.readers.forms.reading import require
from tests.readers.forms.table import TABLE
from tests.readers.samples import DATA

ROOT = Path(__file__).resolve().parents[2]
RUNS = 7
NODES = 1000
DEVICES = 10_000
INVENTORY = 1_000_000


def make_model() -> IRRequirement:
    """A model of 1000 steps that are all different, which is the worst case."""
    kinds = ("contraction", "elementwise", "reduction", "movement")
    work = tuple(
        WorkItem(kinds[i % 4], "f32", 1, 10**8 + i if i % 4 == 0 else 0, 10**5 + i, i, 10**6 + i, i)
        for i in range(NODES)
    )
    operations = {"dot_general": 250, "add": 250, "reduce": 250, "transpose": 250}
    return make_requirement(
        family="stablehlo", element_type="f32", operations=operations, weights=7 << 30, work=work
    )


def measure(name: str, work: Callable[[], object]) -> None:
    """Print the least processor time of some runs, and how many functions are called."""
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    print(f"{name:56} {min(times) * 1e3:8.1f} ms {count_calls(work):10} calls")


def count_calls(work: Callable[[], object]) -> int:
    """How many functions are called."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def read(path: Path, batch: int | None = None) -> IRRequirement:
    """What a model in the tree asks for."""
    return analyse(Source(path.name, path.read_bytes()), AnalysisOptions(batch=batch))


def spread_devices(classes: Sequence[ResourceRepresentation], devices: int) -> dict[str, int]:
    """So many devices, as evenly over the classes as may be."""
    each, more = divmod(devices, len(classes))
    return {entry.device_class: each + (at < more) for at, entry in enumerate(classes)}


def main() -> None:
    """Print one line for each measurement."""
    catalogue = load()
    classes = [catalogue.represent_product(product.id) for product in catalogue.products]
    texts = [json.dumps(codec.render(entry)) for entry in classes]
    model = make_model()
    facts = DeviceFacts("GPU", vendor_id="10de", device_id="2330", memory_bytes=79 << 30)
    measure("load the catalogue", load)
    ranked = partial(match, coverage=catalogue.find_coverage, runtimes=catalogue.runtimes)
    measure(f"rank {len(classes)} classes, {NODES} distinct steps", partial(ranked, model, classes))
    resnet = read(ROOT / "cyborg_rr" / "catalogue" / "models" / "resnet50.onnx", batch=1)
    decoder = read(DATA / "stablehlo" / "decoder.mlir")
    for requirement in (resnet, decoder):
        measure(f"rank {len(classes)} classes, {requirement.name}", partial(
            ranked, requirement, classes
        ))  # fmt: skip
    for devices in (len(classes), INVENTORY):
        counts = spread_devices(classes, devices)
        measure(f"rank {devices:,} devices of {len(classes)} classes, {resnet.name}", partial(
            ranked, resnet, classes, counts=counts
        ))  # fmt: skip
    for title in ("torch.export", "ONNX, older exporter", "Hugging Face folder"):
        (form,) = [form for form in TABLE if form.title == title]
        real = require(form, form.models[0])
        measure(f"rank {len(classes)} classes, {title}", partial(ranked, real, classes))
    measure(f"read {len(classes)} stored representations", lambda: [
        codec.parse(ResourceRepresentation, json.loads(text), "representation") for text in texts
    ])  # fmt: skip
    measure(f"represent {DEVICES} devices of one kind", lambda: [
        catalogue.represent(facts) for _ in range(DEVICES)
    ])  # fmt: skip


if __name__ == "__main__":
    main()

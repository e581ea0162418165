"""How long loading the catalogue and ranking it takes; prints medians.

python tests/benchmarks/bench_matching.py
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cyborg_rr import codec
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.hardware.devices import DeviceFacts
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.representation.representation import ResourceRepresentation
from cyborg_rr.domain.requirement.requirement import IRRequirement, WorkItem
from tests.matching.requirements import make_requirement
from tests.readers.forms.reading import require
from tests.readers.forms.table import TABLE

RUNS = 7
NODES = 1000
DEVICES = 10_000


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
    """Print the median of the processor time of some runs."""
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    print(f"{name:56} {statistics.median(times) * 1e3:8.1f} ms")


def main() -> None:
    """Print one line for each measurement."""
    catalogue = load()
    classes = [catalogue.represent_product(product.id) for product in catalogue.products]
    texts = [json.dumps(codec.render(entry)) for entry in classes]
    model = make_model()
    facts = DeviceFacts("GPU", vendor_id="10de", device_id="2330", memory_bytes=79 << 30)
    measure("load the catalogue", load)
    find = catalogue.find_coverage
    measure(f"rank {len(classes)} classes, {NODES} distinct steps", lambda: match(
        model, classes, coverage=find
    ))  # fmt: skip
    for title in ("torch.export", "ONNX, older exporter", "Hugging Face folder"):
        (form,) = [form for form in TABLE if form.title == title]
        real = require(form, form.models[0])
        measure(f"rank {len(classes)} classes, {title}", partial(
            match, real, classes, MatchOptions(), coverage=find
        ))  # fmt: skip
    measure(f"read {len(classes)} stored representations", lambda: [
        codec.parse(ResourceRepresentation, json.loads(text), "representation") for text in texts
    ])  # fmt: skip
    measure(f"represent {DEVICES} devices of one kind", lambda: [
        catalogue.represent(facts) for _ in range(DEVICES)
    ])  # fmt: skip


if __name__ == "__main__":
    main()

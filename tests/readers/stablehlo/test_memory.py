"""What loops, updates and donated arguments take, against XLA's own memory analysis."""

import json
from pathlib import Path

import pytest

from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.graph.memory.liveness import find_peak
from tests.readers.stablehlo.test_forms import read_text

FOLDER = Path(__file__).parents[2] / "data" / "stablehlo" / "memory"
TOLD = json.loads((FOLDER / "xla.json").read_text())

REUSES_OUTPUTS = {"train_donated"}
"""XLA computes in the memory of outputs before they are written; here outputs are kept apart."""


@pytest.mark.parametrize("stem", sorted(TOLD))
def test_temporaries_are_those_that_xla_allocates(stem: str) -> None:
    typed = infer(read_text((FOLDER / f"{stem}.mlir").read_text()))
    peak = find_peak(typed)
    assert peak is not None
    most = 1.55 if stem in REUSES_OUTPUTS else 1.15
    assert 0.98 <= peak.total_bytes / TOLD[stem]["temporaries"] <= most


def test_donated_arguments_are_aliased() -> None:
    typed = infer(read_text((FOLDER / "train_donated.mlir").read_text()))
    aliased = typed.body.block.aliased_outputs.values()
    sizes = [typed.types[name].byte_size or 0 for name in aliased]
    assert sum(sizes) == TOLD["train_donated"]["aliased"]

"""Whole answers for whole models over the whole catalogue, as files that people can read.

A golden file holds the requirement, the full verdicts for some classes and one line for every
class. ``pytest tests/matching --update-golden`` writes the answers anew; a new case is a new file
with only ``requirement`` (and, if wanted, ``options``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.catalogue.loading import Catalogue
from cyborg_rr.domain.matching.matching import MatchOptions, Verdict, match
from cyborg_rr.domain.requirement.document import from_document

GOLDEN = Path(__file__).parent / "golden"
SHOWN = (
    "nvidia-h100-sxm-80",
    "nvidia-l4",
    "nvidia-t4",
    "nvidia-h20",
    "amd-mi300x",
    "google-tpu-v5e",
    "aws-trainium2",
    "huawei-ascend-910b2",
    "intel-max-1550",
    "intel-npu-mtl",
    "google-coral-edgetpu",
    "xilinx-alveo-u250",
    "intel-qat-4xxx",
)


def render_line(verdict: Verdict) -> str:
    """One class in one line: what ranking is made of."""
    expected = None if verdict.time is None else f"{verdict.time.expected:.3g} s"
    changes = "; ".join(verdict.changes)
    return f"{verdict.device_class}: {verdict.verdict}, {verdict.devices_needed}, {expected}" + (
        f", {changes}" if changes else ""
    )


def find_answers(document: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """The part of a golden file that is checked."""
    verdicts = match(
        from_document(document["requirement"]),
        [catalogue.represent_product(product.id) for product in catalogue.products],
        MatchOptions(**document.get("options", {})),
    )
    shown = {verdict.device_class: verdict.to_document() for verdict in verdicts}
    return {
        "ranking": [render_line(verdict) for verdict in verdicts],
        "verdicts": {name: shown[name] for name in SHOWN},
    }


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_the_verdicts_are_those_of_the_golden_file(
    path: Path, catalogue: Catalogue, updates_golden: bool
) -> None:
    document = json.loads(path.read_text())
    answers = find_answers(document, catalogue)
    if updates_golden:
        path.write_text(json.dumps(document | answers, indent=1, sort_keys=True) + "\n")
        return
    assert answers["ranking"] == document["ranking"]
    assert answers["verdicts"] == document["verdicts"]


def test_there_are_golden_files() -> None:
    assert len(list(GOLDEN.glob("*.json"))) >= 8

"""Whole answers for whole models over a fixed list of devices, as files that people can read.

A golden file holds the requirement, the full verdicts for some classes and one line for every
class. ``pytest tests/matching --update-golden`` writes the answers anew; a new case is a new file
with only ``requirement`` (and, if wanted, ``options``). Models are ranked over the classes in
``devices.txt``, so that another product in the catalogue changes none of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr import codec
from cyborg_rr.catalogue.catalogue import Catalogue
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.matching.judging import Judgement
from cyborg_rr.domain.matching.matching import match, rank
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.requirement.requirement import IRRequirement

GOLDEN = Path(__file__).parent / "golden"
MODELS = sorted(GOLDEN.glob("*.json"))
DEVICES = (GOLDEN / "devices.txt").read_text().split()
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


def render_line(judgement: Judgement) -> str:
    """One class in one line: what ranking is made of."""
    verdict, time = judgement.verdict, judgement.time
    expected = None if time is None else f"{time.expected:.3g} s"
    changes = "; ".join(verdict.changes)
    return f"{verdict.device_class}: {verdict.verdict}, {verdict.devices_needed}, {expected}" + (
        f", {changes}" if changes else ""
    )


def find_answers(document: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """The part of a golden file that is checked."""
    requirement = codec.parse(IRRequirement, document["requirement"], "requirement")
    devices = [catalogue.represent_product(product) for product in DEVICES]
    options, coverage = MatchOptions(**document.get("options", {})), catalogue.find_coverage
    ranked = rank(requirement, devices, options, coverage=coverage)
    verdicts = match(requirement, devices, options, coverage=coverage)
    shown = {verdict.device_class: codec.render(verdict) for verdict in verdicts}
    return {
        "ranking": [render_line(judgement) for judgement in ranked],
        "verdicts": {name: shown[name] for name in SHOWN},
    }


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
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
    assert len(MODELS) >= 8
    assert len(DEVICES) == len(set(DEVICES)) >= 130


def test_another_product_changes_no_ranking(tmp_path: Path) -> None:
    row = "id,name,vendor,kind,memory_gib,memory_bw_gbs,fp16_tflops,bf16_tflops,arch,toolchains\n"
    path = tmp_path / "more.csv"
    path.write_text(row + "nvidia-next,Next,NVIDIA,GPU,512,9000,5000,5000,sm_103a,XLA:gpu\n")
    larger = load((path,))
    assert len(larger.products) == len(load().products) + 1
    for model in MODELS:
        document = json.loads(model.read_text())
        answers = find_answers(document, larger)
        assert answers["ranking"] == document["ranking"]
        assert answers["verdicts"] == document["verdicts"]

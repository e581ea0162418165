"""The program that holds verdicts against what compilers said counts what it is there for."""

from __future__ import annotations

import csv
import tarfile
from pathlib import Path

import pytest

from tests.long.score_compilers import Answer, is_enough, judge_all, show, show_kinds

SAMPLE = Path(__file__).parents[1] / "data" / "onnx" / "light.onnx"
DEVICES = """id,name,vendor,kind,memory_gib,usable_memory_mib,memory_basis,memory_bw_gbs,\
fp32_tflops,arch,toolchains,source
one,one,NVIDIA,GPU,64,60000,usable,2000,50,sm_90a,ONNXRuntime:cuda,made here
"""


def make_answer(accepted: str, verdict: str, operations: str = "Conv") -> Answer:
    return Answer("tool", "case", operations, accepted, "", verdict, "")


@pytest.mark.parametrize(
    ("accepted", "verdict", "outcome"),
    [
        ("yes", "fits", "right"),
        ("limited", "fits if", "right"),
        ("no", "does not fit", "right"),
        ("fallback", "does not fit", "right"),
        ("fallback-part", "fits", "falsely fits"),
        ("no", "fits if", "falsely fits"),
        ("yes", "does not fit", "falsely refuses"),
        ("limited", "does not fit", "right"),
        ("no", "unknown", "unknown"),
        ("yes", "unread", "unread"),
        ("no", "unread", "right"),
    ],
)
def test_a_verdict_is_held_against_what_was_said(accepted: str, verdict: str, outcome: str) -> None:
    assert make_answer(accepted, verdict).outcome == outcome


def test_only_half_of_the_operations_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [make_answer("no", "fits", f"Operation{number}") for number in range(20)]
    show_kinds(wrong)
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == sum(each.is_looked_at for each in wrong)
    assert 0 < len(listed) < len(wrong)


def test_little_may_mislead() -> None:
    right = [make_answer("yes", "fits")] * 97
    assert is_enough([*right, *[make_answer("no", "unknown")] * 3])
    assert not is_enough([*right, *[make_answer("no", "fits")] * 3])
    assert not is_enough([*right, *[make_answer("no", "unknown")] * 6])


def test_a_folder_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with tarfile.open(tmp_path / "models.tar.gz", "w:gz") as packed:
        packed.add(SAMPLE, "models/light.onnx")
    (tmp_path / "devices.csv").write_text(DEVICES)
    row = {
        "case": "light", "toolchain": "ort", "target": "cuda", "accepted": "yes",
        "message_class": "", "operations": "Conv", "device": "one",
    }  # fmt: skip
    with (tmp_path / "truth.csv").open("w", newline="") as lines:
        writer = csv.DictWriter(lines, list(row))
        writer.writeheader()
        writer.writerows([row, {**row, "device": ""}, {**row, "accepted": "crash"}])
    found = list(judge_all(tmp_path, ""))
    assert [each.outcome for each in found] == ["right"]
    show(found)
    assert "all" in capsys.readouterr().out

"""The verb as people use it, with a runtime that stands in the place of PyTorch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cyborg_rr import codec
from cyborg_rr.catalogue.loading import load
from cyborg_rr.domain.representation.measured.measurement import Measurement
from tests.cli.test_cli import CNN, run

RUNTIME = Path(__file__).parent / "runtime.py"
H100 = "nvidia-h100-sxm-80"
LIGHT = CNN.parent / "light.onnx"


@pytest.fixture
def interpreter(tmp_path: Path) -> Path:
    """What ``--python`` names: a command that runs the stand-in whatever it is given."""
    return write_command(tmp_path / "python", f"exec {sys.executable} {RUNTIME} well")


def write_command(path: Path, line: str) -> Path:
    """A shell script of one line."""
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


def test_what_is_measured_is_written_and_read_again(tmp_path: Path, interpreter: Path) -> None:
    directory = tmp_path / "kept"
    directory.mkdir()
    told = run(
        "measure", "--python", interpreter, "--runtime", "eager", "--device", "cpu",
        "--output", directory,
    ).stdout  # fmt: skip
    assert "eager (tiny 1.0) on cpu, class cpu" in told
    (path,) = directory.iterdir()
    assert path.name.startswith("cpu-eager-2")
    assert path.name.endswith(".measured.json")
    measurement = codec.parse(Measurement, json.loads(path.read_text()), "measurement")
    assert measurement.software == "tiny 1.0"
    assert len(measurement.operators) > 10
    assert load([directory]).measurements.every == (measurement,)


def test_a_file_that_is_there_is_replaced_only_when_asked(
    tmp_path: Path, interpreter: Path
) -> None:
    words = ["measure", "--python", interpreter, "--runtime", "eager", "--device", "cpu"]
    words += ["--output", tmp_path]
    run(*words)
    assert "is there already; --overwrite replaces it" in run(*words, status=2).stderr
    run(*words, "--overwrite")


def test_nothing_is_written_when_a_time_cannot_be(tmp_path: Path, interpreter: Path) -> None:
    """The stand-in knows no device: of an H100 its times are absurd."""
    ended = run(
        "measure", "--python", interpreter, "--runtime", "eager", "--device", "cuda:0",
        "--device-class", H100, "--output", tmp_path, status=2,
    )  # fmt: skip
    assert "are seconds meant" in ended.stderr
    assert list(tmp_path.glob("*.json")) == []


def test_an_interpreter_without_any_runtime_is_told_with_the_way_on() -> None:
    said = run("measure", "--device", "cpu", "--python", "/bin/false", status=2).stderr
    assert "the measuring program ended early: it said nothing" in said
    said = run("measure", "--device", "cpu", "--runtime", "graph", status=2).stderr
    assert "graph: ModuleNotFoundError: No module named 'torch'" in said or "need a GPU" in said


def test_a_model_is_held_against_its_estimate_and_a_drift_is_said(interpreter: Path) -> None:
    words = ["measure", LIGHT, "--python", interpreter, "--runtime", "eager"]
    words += ["--device", "cuda:0"]
    told = " ".join(run(*words, "--device-class", H100).stdout.split())
    assert "DRIFT" in told
    assert "takes 500 ms" in told
    assert "a drift from the estimate of" in told
    alone = " ".join(run(*words[:-1], "cpu").stdout.split())
    assert "there is no estimate to hold it against" in alone
    document = json.loads(run(*words, "--device-class", H100, "-f", "json").stdout)
    (measurement,) = document["measurements"]
    assert measurement["operators"] == []
    assert measurement["models"][0]["seconds"] == 0.5


def test_a_device_whose_class_is_not_clear_is_asked_for(interpreter: Path) -> None:
    words = ["measure", "--python", interpreter, "--runtime", "eager", "--device", "cuda:0"]
    assert "say it with --device-class" in run(*words, status=2).stderr
    said = run(*words, "--device-class", "nvidia-h100", status=2).stderr
    assert "the catalogue has no device 'nvidia-h100'" in said


def test_a_match_says_that_it_is_estimated_by_measurements(tmp_path: Path) -> None:
    from tests.unit.representation.measured.making import make_measurement

    path = tmp_path / "mine.measured.json"
    path.write_text(json.dumps(codec.render(make_measurement())))
    words = ["match", LIGHT, "--device", H100, "--runtime", "eager", "-f", "json"]
    plain = json.loads(run(*words).stdout)
    measured = run(*words, "--catalogue", tmp_path).stdout
    assert measured == run(*words, "--catalogue", tmp_path).stdout
    document = json.loads(measured)
    assert document["catalogue"]["version"].startswith(f"{plain['catalogue']['version']}+measured.")
    assert document["catalogue"]["content_hash"] != plain["catalogue"]["content_hash"]
    assumptions = document["verdicts"][0]["assumptions"]
    assert any("measured on devices of this class (eager" in text for text in assumptions)
    assert document["verdicts"][0]["time_seconds"] != plain["verdicts"][0]["time_seconds"]


def test_what_llama_bench_says_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "model.gguf"
    model.write_bytes(b"GGUF")
    tests = [
        {"n_prompt": 512, "n_gen": 0, "samples_ns": [2e9, 2.1e9, 2e9], "build_commit": "b1",
         "gpu_info": "a GPU"},
        {"n_prompt": 0, "n_gen": 64, "samples_ns": [1e9, 1e9], "build_commit": "b1"},
    ]  # fmt: skip
    (tmp_path / "told.json").write_text(json.dumps(tests))
    write_command(tmp_path / "llama-bench", f"cat {tmp_path / 'told.json'}")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    told = " ".join(run("measure", model).stdout.split())
    assert "512 tokens read: 2.0 s" in told
    assert "64 tokens made: 1.0 s" in told
    assert "llama.cpp b1, a GPU" in told
    (tmp_path / "told.json").write_text('[{"n_prompt": 1, "samples_ns": [-1]}]')
    assert "wrote times that cannot be" in run("measure", model, status=2).stderr
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert "llama-bench does not start" in run("measure", model, status=2).stderr


def test_seconds_and_directories_that_cannot_be_are_refused() -> None:
    assert "not a number of seconds" in run("measure", "--seconds", "0", status=2).stderr
    said = run("measure", "--output", "/nowhere", status=2).stderr
    assert "/nowhere is no directory" in said


def test_a_service_that_does_not_answer_is_told(tmp_path: Path, interpreter: Path) -> None:
    words = ["measure", "--python", interpreter, "--runtime", "eager", "--device", "cpu"]
    said = run(*words, "--post", "http://127.0.0.1:9", status=2).stderr
    assert "POST http://127.0.0.1:9/v2/measurements failed" in said


def test_the_help_names_every_runtime() -> None:
    ended = subprocess.run(
        [Path(sys.executable).parent / "cyborg-rr", "measure", "--help"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "llama-cpp" in ended.stdout

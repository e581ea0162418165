"""What holds of a reading process that is a copy of another; run in a process of one thread."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from pathlib import Path

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading import processes
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.sandbox import Limits, Reading, analyse_file
from tests.benchmarks.bench_onnx_reader import write_long

RESNET = Path(__file__).parents[3] / "cyborg_rr" / "catalogue" / "models" / "resnet50.onnx"
NOTHING = AnalysisOptions()


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    assert len(os.listdir("/proc/self/task")) == 1


def read(path: Path, limits: Limits | None = None) -> IRRequirement:
    return Reading(path, NOTHING, limits or Limits(), "model", start=processes.fork).result()


def test_a_copy_reads_what_another_process_does() -> None:
    assert read(RESNET) == analyse_file(RESNET, NOTHING, name="model")


def test_a_copy_is_limited(tmp_path: Path) -> None:
    long_model = tmp_path / "long.onnx"
    write_long(long_model, 300_000)
    for limits, cause in (
        (Limits(memory_bytes=96 * 1024**2), "more memory than is allowed"),
        (Limits(cpu_seconds=1), r"more than \d+ s of processor time"),
        (Limits(wall_seconds=1), "takes more than 1 s$"),
    ):
        with pytest.raises(UnreadableModel, match=cause):
            read(long_model, limits)


def test_a_copy_has_nothing_but_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    monkeypatch.setenv("CYBORG_SECRET", "secret")
    monkeypatch.setattr("cyborg_rr.readers.reading.child.run", tell_what_is_there)
    with (tmp_path / "kept").open() as kept, RESNET.open("rb") as file:
        os.set_inheritable(kept.fileno(), True)
        os.lseek(file.fileno(), 1, os.SEEK_SET)
        ended = processes.fork({"source": file.fileno(), "folder": None}).wait(60)
        assert ended is not None
        assert ended.complaint == b""
        there = json.loads(ended.answer)
        assert there["descriptors"] == [0, 1, 2, file.fileno()]
    assert there["environment"] == {"LC_ALL": "C.UTF-8"}
    assert there["folder"] == "/"
    assert there["input"] == ""


def tell_what_is_there(_: processes.Request) -> int:
    """What a reading process has, seen from inside."""
    descriptors = []
    for descriptor in range(1024):
        with suppress(OSError):
            os.fstat(descriptor)
            descriptors.append(descriptor)
    there = {"descriptors": descriptors, "environment": dict(os.environ), "folder": os.getcwd()}
    os.write(1, json.dumps({**there, "input": os.read(0, 10).decode()}).encode())
    return 0


def test_a_copy_that_fails_is_a_fault_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyborg_rr.readers.reading.child.run", lambda _: 1 / 0)
    with pytest.raises(UnreadableModel, match=r"failed \(ZeroDivisionError\); this is a fault"):
        read(RESNET)


def test_a_command_that_keeps_no_log_shows_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cyborg_rr.readers.reading.child.run", lambda _: 1 / 0)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with pytest.raises(UnreadableModel, match="this is a fault"):
        read(RESNET)
    assert capfd.readouterr().err == ""

"""What measures is heard within limits, and nothing of it is left."""

from __future__ import annotations

import json
import os
import select
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.cli.measuring.collecting import Collected, collect, summarise
from cyborg_rr.cli.measuring.packing import pack_program
from cyborg_rr.cli.measuring.protocol import Hello, MeasuringFailed
from cyborg_rr.cli.measuring.running import Request, hear
from cyborg_rr.domain.representation.measured.operators import Operator

RUNTIME = Path(__file__).parent / "runtime.py"
ENDED_SECONDS = 60
"""What was killed is gone by then, however busy the machine is."""

OPERATORS = (
    Operator("launch", "f32"),
    Operator("copy", "f32", (1000,)),
    Operator("add", "f32", (2000,)),
)


def listen(mode: str, seconds: float = 30.0, grace: float = 30.0) -> Collected:
    """What a runtime of that mode says of three operators."""
    request = Request("eager", "cpu", OPERATORS, seconds=seconds)
    return collect(request, hear([sys.executable, str(RUNTIME), mode], request, grace))


def test_what_is_said_of_each_operator_is_taken_with_its_median() -> None:
    found = listen("well")
    assert [each.operator for each in found.operators] == list(OPERATORS)
    assert found.operators[1].seconds == pytest.approx(1e-6 + 1.01e-6)
    assert found.hello is not None
    assert found.hello.software == "tiny 1.0"
    assert found.left_out == []


def test_what_varies_too_much_or_is_not_there_is_left_out_and_said() -> None:
    found = listen("varies")
    assert [each.operator.name for each in found.operators] == ["launch"]
    assert found.left_out == [
        "copy f32 1000: its samples spread by 65%",
        "add f32 2000: it has none",
    ]
    assert found.memory.loaded_bytes == 7


def test_a_runtime_that_is_not_there_says_so() -> None:
    assert listen("refuses").refused == "ImportError: there is no tiny"


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("dies", "ended early: it broke, badly"),
        ("noise", "wrote no JSON: b'Compiling ...'"),
        ("endless", "a line that is too long"),
        ("repeats", "more lines than were asked for"),
    ],
)
def test_a_program_that_goes_wrong_is_told(mode: str, words: str) -> None:
    with pytest.raises(MeasuringFailed, match=words):
        listen(mode)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"line": "operator", "index": 7, "seconds": [1.0]}, "number 7, which was not open"),
        ({"line": "operator", "index": -1, "seconds": [1.0]}, "must not be negative"),
        ({"line": "operator", "index": 0, "seconds": [-1.0]}, "must be from 1e-09"),
        ({"line": "operator", "index": 0, "seconds": [float("nan")]}, "must be a finite number"),
        ({"line": "operator", "index": 0, "seconds": ["1"]}, "must be a number"),
        ({"line": "operator", "index": 0, "seconds": []}, "wrote no samples"),
        ({"line": "operator", "index": 0, "seconds": [1.0] * 1001}, "more than 1000 items"),
        ({"line": "operator", "index": 0, "milliseconds": [1.0]}, "unknown key"),
        ({"line": "operators"}, "a line of no known kind"),
        ({"line": "hello"}, "is missing"),
        ([1], "a line of no known kind"),
        ({"line": "memory", "context_bytes": 2**60, "loaded_bytes": 1}, "too large"),
    ],
)
def test_a_line_that_cannot_be_is_refused(line: object, words: str) -> None:
    with pytest.raises(MeasuringFailed, match=words):
        listen(json.dumps([line]))


def test_an_operator_is_answered_once_and_a_program_greets_once() -> None:
    twice = [{"line": "operator", "index": 0, "seconds": [1.0]}] * 2
    with pytest.raises(MeasuringFailed, match="number 0, which was not open"):
        listen(json.dumps(twice))
    hello = {
        "line": "hello", "program": 1, "python": "3", "software": "x", "device": "y", "pci": None,
        "memory_bytes": None,
    }  # fmt: skip
    with pytest.raises(MeasuringFailed, match="first, and once, who it is"):
        listen(json.dumps([hello]))
    with pytest.raises(MeasuringFailed, match="is of version 2, not 1"):
        listen(json.dumps([{**hello, "program": 2}]))


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(MeasuringFailed, match="took too long and was ended"):
        listen("hangs", seconds=0.1, grace=0.1)


def test_whoever_hears_no_more_has_ended_the_program_and_all_that_it_started() -> None:
    request = Request("eager", "cpu", OPERATORS)
    lines = hear([sys.executable, str(RUNTIME), "hangs"], request)
    first = next(lines)
    assert isinstance(first, Hello)
    files = [os.pidfd_open(int(text)) for text in first.device.split()]
    lines.close()  # type: ignore[attr-defined]
    for file in files:
        assert select.select([file], [], [], ENDED_SECONDS)[0]
        os.close(file)


def test_an_interpreter_that_is_not_there_is_told() -> None:
    request = Request("eager", "cpu", OPERATORS)
    with pytest.raises(MeasuringFailed, match="/nowhere/python does not start: No such file"):
        list(hear(["/nowhere/python"], request))


@pytest.mark.parametrize("runtime", ["eager", "graph", "inductor", "xla", "onnxruntime-cpu"])
def test_the_program_runs_where_nothing_is_installed(runtime: str) -> None:
    """Neither this package nor the runtime: it says which module is not there."""
    request = Request(runtime, "cpu", OPERATORS)
    found = collect(request, hear([sys.executable, "-I", "-S"], request))
    assert found.refused is not None
    assert found.refused.startswith("ModuleNotFoundError: No module named")
    assert "cyborg" not in found.refused


def test_the_program_is_the_same_bytes_each_time() -> None:
    assert pack_program() == pack_program()
    names = zipfile.ZipFile(BytesIO(pack_program())).namelist()
    assert "__main__.py" in names
    assert all(name.startswith(("cyborg_rr/", "__main__")) for name in names)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [((2.0,), (2.0, 0.0)), ((1.0, 1.0, 1.0), (1.0, 0.0)), ((1.0, 2.0, 3.0), (2.0, 0.25))],
)
def test_samples_are_summed_up_by_their_quartiles(
    samples: tuple[float, ...], expected: tuple[Any, ...]
) -> None:
    assert summarise(samples) == expected


def test_what_measures_has_no_file_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    listen("well")
    assert os.listdir(tmp_path) == []

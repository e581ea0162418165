"""A model file is read in a process of its own that cannot take more than it is given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cyborg_rr.domain.errors import InvalidInput, UnreadableModel
from cyborg_rr.domain.requirement.requirement import IRRequirement
from cyborg_rr.readers.reading import processes
from cyborg_rr.readers.reading.options import AnalysisOptions, parse_options
from cyborg_rr.readers.reading.sandbox import Limits, Reading, analyse_file
from tests.benchmarks.bench_onnx_reader import write_long

RESNET = Path(__file__).parents[3] / "cyborg_rr" / "catalogue" / "models" / "resnet50.onnx"
NOTHING = AnalysisOptions()


@pytest.fixture(scope="module")
def long_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that takes seconds and hundreds of megabytes to analyse."""
    path = tmp_path_factory.mktemp("long") / "long.onnx"
    write_long(path, 300_000)
    return path


def read(
    start: processes.Start, path: Path, limits: Limits | None = None, name: str = "model"
) -> IRRequirement:
    return Reading(path, NOTHING, limits or Limits(), name, start=start).result()


def test_what_is_read_does_not_depend_on_how_the_process_starts() -> None:
    assert read(processes.spawn, RESNET) == analyse_file(RESNET, NOTHING, name="model")


def test_a_copy_of_a_process_of_one_thread_is_held_to_the_same() -> None:
    """In a process of its own: those that share the tests out have threads."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, str(Path(__file__).with_name("copies.py"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout


def test_a_process_of_several_threads_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("copied"))
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        assert read(processes.fork, RESNET).name == "model"
    finally:
        done.set()
        thread.join()


def test_the_result_is_that_of_the_reader() -> None:
    requirement = analyse_file(RESNET, parse_options(1, []))
    assert requirement.compute.macs == 4_089_184_256
    assert requirement.name == "resnet50.onnx"


def test_a_reader_that_wants_too_much_memory_is_stopped(long_model: Path) -> None:
    with pytest.raises(UnreadableModel, match="more memory than is allowed"):
        analyse_file(long_model, NOTHING, Limits(memory_bytes=96 * 1024**2))


def test_a_reader_that_wants_too_much_processor_time_is_stopped(long_model: Path) -> None:
    limits = Limits(cpu_seconds=1, cpu_option="--cpu-seconds")
    with pytest.raises(UnreadableModel, match=r"more than \d+ s of .* raise --cpu-seconds"):
        analyse_file(long_model, NOTHING, limits)


def test_a_large_file_is_given_more_time_within_bounds() -> None:
    limits = Limits(cpu_seconds=5)
    assert limits.reckon_cpu_seconds(0) == 5
    assert limits.reckon_cpu_seconds(10 * 1024**2) == 15
    assert limits.reckon_cpu_seconds(1024**4) == 60


def test_a_reader_that_takes_too_long_is_stopped(long_model: Path) -> None:
    with pytest.raises(UnreadableModel, match=r"takes more than 1 s$"):
        analyse_file(long_model, NOTHING, Limits(wall_seconds=1))


def test_a_file_over_the_limit_is_not_read() -> None:
    with pytest.raises(UnreadableModel, match="at most 1000 are read"):
        analyse_file(RESNET, NOTHING, Limits(file_bytes=1000))


def test_of_a_file_of_terabytes_the_header_is_read(tmp_path: Path) -> None:
    elements = 2**40
    entry = {"dtype": "F32", "shape": [elements], "data_offsets": [0, 4 * elements]}
    header = json.dumps({"w": entry}).encode()
    large = tmp_path / "large.safetensors"
    large.write_bytes(len(header).to_bytes(8, "little") + header)
    os.truncate(large, 8 + len(header) + 4 * elements)
    assert analyse_file(large, NOTHING).memory.parameter_bytes == 4 * elements


def test_a_name_cannot_act_on_a_terminal(tmp_path: Path) -> None:
    odd = tmp_path / "a\x1b[31m\nb.onnx"
    odd.write_bytes(RESNET.read_bytes())
    assert analyse_file(odd, NOTHING).name.isprintable()


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    with pytest.raises(UnreadableModel, match="is empty"):
        analyse_file(path, NOTHING)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (fifo, Path("/dev/zero")):
        with pytest.raises(UnreadableModel, match="neither a regular file nor a folder"):
            analyse_file(path, NOTHING)


def test_options_that_do_not_fit_the_file_are_invalid_input() -> None:
    with pytest.raises(InvalidInput, match="picture"):
        analyse_file(RESNET, parse_options(None, ["picture=1x3x224x224:f32"]))


@pytest.mark.parametrize(
    "name", ["meta-llama/Llama-3.1-8B", "https://example.org/a/b", "hf://org/name", "s3://b/model"]
)
def test_the_name_of_a_model_on_a_hub_is_told_to_be_no_file(name: str) -> None:
    with pytest.raises(UnreadableModel, match="download it first and give its folder"):
        analyse_file(Path(name), NOTHING)


def test_a_file_that_is_not_there_is_no_model_on_a_hub(tmp_path: Path) -> None:
    for path in (tmp_path / "model.onnx", Path("model.onnx"), Path("tests/model.onnx")):
        with pytest.raises(UnreadableModel, match=r"^No such file or directory$"):
            analyse_file(path, NOTHING)

"""What ``Reader`` promises, held against every reader that has an entry point.

A reader that moves in is tested here without a line of its own: it needs a sample in
``tests/data/<name of the entry point>`` and, in ``golden/`` beside it, what it says of the sample.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import pytest

from cyborg_rr.readers.reading.detection import find_reader, list_readers
from cyborg_rr.readers.reading.options import AnalysisOptions
from cyborg_rr.readers.reading.sandbox import analyse_file
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder
from tests.readers.golden import render
from tests.readers.hostile import endure
from tests.readers.samples import DATA, Sample, get_reader, list_samples

READERS = [name for name, _ in list_readers()]
SAMPLES = [sample for name in READERS for sample in list_samples(name)]
CUTS = 12
LARGE_BYTES = 50_000
"""Samples over this size are read whole only, so that the suite stays quick."""

GARBAGE: Mapping[str, bytes] = MappingProxyType(
    {
        "nothing": b"",
        "zeros": bytes(100_000),
        "noise": random.Random("noise").randbytes(100_000),
        "a line": b"root:x:0:0:root:/root:/bin/bash\n",
        "brackets": b"[" * 1_000_000,
        "braces": b'{"a":' * 300_000,
        "angles": b"<a>" * 300_000,
        "digits": b"9" * 1_000_000,
        "a list of numbers": b"[" + b"1," * 300_000 + b"1]",
        "an object": b"{}",
        "long lengths": b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f" * 10_000,
    }
)


def by_sample(sample: Sample) -> str:
    """Reader and file in the name of a test."""
    return f"{sample.reader}-{sample.path.name}"


each_reader = pytest.mark.parametrize("name", READERS)
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=by_sample)
each_small_sample = pytest.mark.parametrize(
    "sample",
    [sample for sample in SAMPLES if sample.size_bytes < LARGE_BYTES],
    ids=by_sample,
)


@each_reader
def test_a_reader_has_a_sample(name: str) -> None:
    assert list_samples(name), f"no file in {DATA / name}"


@each_reader
def test_a_reader_yields_the_family_that_its_entry_point_names(name: str) -> None:
    assert get_reader(name).family == name
    assert {sample.read().ir.family for sample in list_samples(name)[:1]} == {name}


@each_reader
def test_a_reader_recognises_its_own_samples_and_no_other(name: str) -> None:
    reader = get_reader(name)
    for sample in SAMPLES:
        with sample.open() as source:
            taken = reader.recognises(source)
        assert taken == (sample.reader == name), by_sample(sample)


@each_sample
def test_detection_finds_the_reader_of_a_sample(sample: Sample) -> None:
    with sample.open() as source:
        assert find_reader(source).family == sample.reader


@each_sample
def test_the_summary_of_a_sample_is_the_golden_one(sample: Sample) -> None:
    golden = json.loads(sample.golden.read_text(encoding="utf-8"))
    assert json.loads(render(sample)) == golden


@each_reader
def test_every_golden_file_has_its_sample(name: str) -> None:
    kept = {path.stem for path in (DATA / name / "golden").glob("*.json")}
    assert kept == {sample.path.stem for sample in list_samples(name)}


@each_sample
def test_the_same_bytes_give_the_same_graph(sample: Sample) -> None:
    reader = get_reader(sample.reader)
    copied = sample.copy()
    first = reader.read(copied)
    # Compared as text, since a constant may hold NaN, which equals nothing.
    assert repr(reader.read(copied)) == repr(first), "read twice by one reader"
    assert repr(sample.read()) == repr(first), "read from a map of the file"


@each_reader
def test_the_smallest_sample_is_inspected_in_a_process_of_its_own(name: str) -> None:
    smallest = min(list_samples(name), key=lambda sample: sample.size_bytes)
    requirement = analyse_file(smallest.path, AnalysisOptions())
    assert requirement.ir.family == name


@each_small_sample
def test_a_sample_that_is_cut_off_is_read_or_refused(sample: Sample) -> None:
    chosen = random.Random(sample.path.name)  # the same places each time

    def cut(whole: bytes) -> bytes:
        return whole[: chosen.randrange(len(whole))]

    refused = [endure(get_reader(sample.reader), sample.change(chosen, cut)) for _ in range(CUTS)]
    assert any(refused)


@pytest.mark.wrong_operands
@each_small_sample
def test_a_sample_with_changed_bytes_is_read_or_refused(sample: Sample) -> None:
    chosen = random.Random(sample.path.name)

    def damage(whole: bytes) -> bytes:
        changed = bytearray(whole)
        for _ in range(chosen.choice((1, 1, 3, 20))):
            changed[chosen.randrange(len(changed))] = chosen.randrange(256)
        return bytes(changed)

    for _ in range(CUTS):
        endure(get_reader(sample.reader), sample.change(chosen, damage))


@each_reader
@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_refused(name: str, kind: str) -> None:
    source = Source("hostile", GARBAGE[kind])
    assert endure(get_reader(name), source), "was read as a model"
    assert not get_reader(name).recognises(source)


@each_reader
def test_a_folder_of_no_reader_is_refused(name: str) -> None:
    folders = [{}, {"a.txt": b"text"}, {"config.json": b"{}"}, {"a.json": b"[]", "b": bytes(9)}]
    for contents in folders:
        source = Source("hostile", folder=MemoryFolder(contents), is_folder=True)
        assert endure(get_reader(name), source), "was read as a model"
        assert not get_reader(name).recognises(source)


_OUTSIDE = ("open", "import", "exec", "compile", "os.", "socket.", "subprocess.", "pickle.")
"""Audited events (PEP 578) of a program that looks or acts beyond the bytes it was given."""

_seen: list[str] | None = None


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _seen is not None and event.startswith(_OUTSIDE):
        _seen.append(f"{event} {arguments[:1]}")


sys.addaudithook(_watch)


@contextmanager
def watching() -> Iterator[list[str]]:
    """What happens beyond the process meanwhile."""
    global _seen
    seen: list[str] = []
    _seen = seen
    try:
        yield seen
    finally:
        _seen = None


def test_the_watch_sees_a_file_that_is_opened() -> None:
    with watching() as seen:
        DATA.stat()
        (DATA / "onnx" / "README.rst").read_bytes()
    assert [event for event in seen if "README.rst" in event]


@each_sample
def test_a_reader_opens_imports_and_runs_nothing(sample: Sample) -> None:
    sample.read()  # whatever is imported late is there now
    reader = get_reader(sample.reader)
    source = sample.copy()
    with watching() as seen:
        reader.read(source)
    assert seen == []

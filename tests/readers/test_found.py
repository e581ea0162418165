"""Inputs that a fuzzer found and some reader once failed at, in ``found`` beside its samples.

``python -m tests.long.fuzz`` finds them; a file in ``found`` is all that a new one needs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.long.fuzz.inputs import Inputs
from tests.long.fuzz.trying import Wrong, take, take_within_limits
from tests.readers.samples import DATA, get_reader

FOUND = sorted(DATA.glob("*/found/*"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parts[-3]}-{path.name}")
def test_what_a_reader_once_failed_at_is_read_or_refused(path: Path) -> None:
    name = path.parts[-3]
    take(get_reader(name), Inputs(name).parse(path.read_bytes()))


def test_an_input_is_a_file_or_a_folder_with_one_file_of_its_own() -> None:
    inputs = Inputs("huggingface")
    assert inputs.parse(b"\0\0content").data == b"content"
    changed = inputs.parse(b"\1\0content")
    assert changed.folder is not None
    assert b"content" in [changed.folder.open(name) for name in changed.folder.files]


def test_every_seed_is_read() -> None:
    for name in ("huggingface", "onnx"):
        inputs = Inputs(name)
        seeds = list(inputs.make_seeds())
        assert seeds
        for seed in seeds:
            assert get_reader(name).recognises(inputs.parse(seed))


class Broken:
    """A reader that fails at everything."""

    family = "broken"

    def recognises(self, source: object) -> bool:
        """Any file."""
        return True

    def read(self, source: object) -> object:
        """Fail as no reader may."""
        raise ValueError("what was that")


def test_an_error_that_is_no_refusal_comes_out() -> None:
    with pytest.raises(ValueError, match="what was that"):
        take(Broken(), Inputs("onnx").parse(b"\0\0x"))  # type: ignore[arg-type]


def test_too_much_memory_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.long.fuzz.trying.MAX_BYTES", 1024)
    seed = next(Inputs("onnx").make_seeds())
    with pytest.raises(Wrong, match="MiB"):
        take_within_limits(get_reader("onnx"), Inputs("onnx").parse(seed))

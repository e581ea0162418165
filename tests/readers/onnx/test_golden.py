"""The reader says of each file what it said when a person last looked."""

from __future__ import annotations

import json

import pytest

from tests.readers.onnx.files import FILES, read
from tests.readers.onnx.golden import GOLDEN, summarise


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_summary_of_a_file_is_the_golden_one(name: str) -> None:
    golden = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(summarise(read(FILES[name])))) == golden


def test_every_golden_file_has_its_model() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(FILES)

"""Settings of every kind of model with values that no model has: read or refused, no crash."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping
from math import inf, nan
from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.reading.source import Source
from tests.readers.huggingface.truth import TRUTH

Config = Mapping[str, Any]


def list_classes() -> Iterator[Config]:
    """One configuration of each class."""
    for name in ("classes", "hybrids"):
        for line in lzma.decompress((TRUTH / f"{name}.jsonl.xz").read_bytes()).splitlines():
            yield json.loads(line)["config"]


def read(config: Config) -> None:
    HuggingFaceReader().read(Source("config.json", json.dumps(config).encode()))


@pytest.mark.parametrize("value", [inf, -inf, nan, 1e300, 10**19])
def test_a_number_that_is_not_finite_or_huge_is_refused_by_name(value: float) -> None:
    with pytest.raises(UnreadableModel, match="config.json: mlp_ratio is "):
        Settings({"mlp_ratio": value}).number("mlp_ratio")


@pytest.mark.parametrize("value", [inf, nan])
def test_what_any_class_asks_of_its_numbers_may_be_no_finite_number(
    value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()
    take = Settings.number

    def note(settings: Settings, *names: str) -> float:
        asked.update(names)
        return take(settings, *names)

    monkeypatch.setattr(Settings, "number", note)
    refused = 0
    for config in list_classes():
        asked.clear()
        read(config)
        for name in tuple(asked):
            try:
                read({**config, name: value})
            except UnreadableModel as error:
                refused += f"config.json: {name} is " in str(error)
    assert refused > 40



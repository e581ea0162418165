"""Small models of real classes: tensors by name and shape, and multiply-adds."""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.huggingface.truth import TRUTH, count_macs

WORK_TOLERANCE = 0.005


@cache
def list_entries() -> tuple[Mapping[str, Any], ...]:
    """What ``tests/data/huggingface/count.py`` wrote."""
    packed = (TRUTH / "counted.jsonl.xz").read_bytes()
    return tuple(map(json.loads, lzma.decompress(packed).splitlines()))


def read(entry: Mapping[str, Any]) -> Graph:
    """The graph of the configuration alone."""
    return HuggingFaceReader().read(Source("x", json.dumps(entry["config"]).encode()))


def test_many_classes_were_counted() -> None:
    assert len({entry["class"] for entry in list_entries()}) > 70


@pytest.mark.parametrize("number", range(len(list_entries())))
def test_a_configuration_alone_gives_each_tensor_and_the_work(number: int) -> None:
    entry = list_entries()[number]
    graph = read(entry)
    drawn = [(name, list(held.type.shape or ())) for name, held in graph.body.stored.items()]
    counted = [(name, shape) for name, shape in entry["tensors"]]
    if entry["misnamed"]:
        drawn, counted = ([("", shape) for _, shape in each] for each in (drawn, counted))
    assert sorted(drawn) == sorted(counted), entry["class"]
    if entry["macs"] is not None:
        macs = count_macs(graph, entry["inputs"])
        assert macs == pytest.approx(entry["macs"], rel=WORK_TOLERANCE), entry["class"]

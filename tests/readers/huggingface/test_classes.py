"""Parameters of classes of transformers and diffusers, by configurations with random settings."""

from __future__ import annotations

import json
import lzma

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.huggingface.truth import TRUTH, count_parameters


def count_all(graph: Graph) -> int:
    """Elements of the weights, with what corrects scores."""
    stored = graph.body.stored.values()
    return sum(held.type.elements or 0 for held in stored if held.kind == "parameter")


def test_each_class_has_the_parameters_that_its_framework_counts() -> None:
    packed = (TRUTH / "classes.jsonl.xz").read_bytes()
    entries = [json.loads(line) for line in lzma.decompress(packed).splitlines()]
    wrong = []
    for entry in entries:
        graph = HuggingFaceReader().read(Source("x", json.dumps(entry["config"]).encode()))
        # Of some classes the correction of scores is a parameter, of others a buffer.
        if entry["parameters"] not in (count_parameters(graph), count_all(graph)):
            wrong.append(entry["class"])
    assert wrong == []
    assert len(entries) > 200


def test_each_class_has_a_graph() -> None:
    packed = (TRUTH / "classes.jsonl.xz").read_bytes()
    for line in lzma.decompress(packed).splitlines():
        config = json.dumps(json.loads(line)["config"]).encode()
        graph = HuggingFaceReader().read(Source("x", config))
        assert graph.completeness != "header"

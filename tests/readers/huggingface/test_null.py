"""A setting that is null: what does not depend on it is still said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.source import Source
from tests.data.huggingface.make import DENSE, SPARSE, list_tensors, pack
from tests.readers.folders import MemoryFolder
from tests.readers.huggingface.test_settings import list_classes, read
from tests.readers.huggingface.truth import list_configs

Config = Mapping[str, Any]
CHOSEN = ("num_experts_per_tok", "experts_per_token", "top_k_experts", "moe_k")


def count_bytes(graph: Graph) -> int:
    """The bytes of all parameters."""
    return sum(stored.type.byte_size or 0 for stored in graph.body.stored.values())


def list_sparse() -> Iterator[tuple[str, Config]]:
    """One configuration of each class that chooses experts."""
    seen = set()
    for config in (*list_configs().values(), *list_classes()):
        name = str((config.get("architectures") or ["?"])[0])
        if name not in seen and any(config.get(key) is not None for key in CHOSEN):
            seen.add(name)
            yield name, config


SPARSE_CLASSES = list(list_sparse())


@pytest.mark.parametrize(
    "config", [config for _, config in SPARSE_CLASSES], ids=[name for name, _ in SPARSE_CLASSES]
)
def test_how_many_experts_a_token_chooses_is_no_matter_of_parameters(config: Config) -> None:
    try:
        whole = read(config)
    except UnreadableModel:
        pytest.skip("a class that is refused as it is")
    graph = read({**config, **dict.fromkeys(CHOSEN)})
    assert count_bytes(graph) == count_bytes(whole)
    if graph.body.nodes:
        assert graph.completeness == "partial"
        assert [each for each in graph.warnings if "work is said as if it were the least" in each]


@pytest.mark.parametrize("config", [DENSE, SPARSE], ids=["dense", "sparse"])
def test_with_the_tensors_no_setting_is_needed_for_their_bytes(config: Config) -> None:
    """Whatever is null, in a folder with weights."""
    weights = pack(list_tensors(config))
    for key in (None, *config):
        stated = json.dumps({**config, **({} if key is None else {key: None})}).encode()
        folder = MemoryFolder({"config.json": stated, "model.safetensors": weights})
        graph = HuggingFaceReader().read(Source("model", folder=folder, is_folder=True))
        tensors = list_tensors(config).values()
        assert count_bytes(graph) == sum(tensor.byte_size or 0 for tensor in tensors), key


def test_what_sizes_depend_on_is_asked_for_by_name() -> None:
    for key in ("hidden_size", "vocab_size", "n_routed_experts"):
        with pytest.raises(UnreadableModel, match=f"config.json states no .*{key}"):
            read({**SPARSE, key: None})

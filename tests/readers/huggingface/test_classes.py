"""Parameters of classes of transformers and diffusers, by configurations with random settings."""

from __future__ import annotations

import json
import lzma
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.huggingface.sketches.table import PLACES, find_sketch
from cyborg_rr.readers.reading.source import Source
from tests.data.huggingface.make import UNET
from tests.readers.huggingface.truth import TRUTH, count_parameters, list_configs


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


@pytest.mark.parametrize(
    "change",
    [
        {"block_out_channels": [2**40, 2**40]},
        {"block_out_channels": [0, 8]},
        {"sample_size": 2**30},
        {"layers_per_block": 10**6},
        {"attention_head_dim": 0},
        {"transformer_layers_per_block": [10**9, 1]},
        {"down_block_types": ["Strange", "DownBlock2D"]},
        {"class_embed_type": "timestep"},
    ],
)
def test_a_unet_beyond_reason_or_of_another_kind_has_no_graph(change: dict[str, Any]) -> None:
    config = json.dumps({**UNET, **change}).encode()
    assert HuggingFaceReader().read(Source("x", config)).completeness == "header"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("swin-tiny-patch4-window7-224", {"patch_size": 0}),
        ("swin-tiny-patch4-window7-224", {"depths": [10**9, 1, 1, 1]}),
        ("resnet-50", {"depths": [10**9, 1, 1, 1]}),
        ("wav2vec2-base", {"conv_kernel": [1]}),
        ("flux1-dev-transformer", {"num_layers": 10**9}),
        ("detr-resnet-50", {"backbone": "strange", "backbone_config": None}),
        ("sd-vae", {"layers_per_block": 10**9}),
        ("deberta-v3-base", {"pos_att_type": ["p2p"]}),
    ],
)
def test_sizes_beyond_reason_have_no_graph(name: str, change: dict[str, Any]) -> None:
    config = json.dumps({**list_configs()[name], **change}).encode()
    assert HuggingFaceReader().read(Source("x", config)).completeness == "header"


@pytest.mark.parametrize("word", PLACES)
def test_what_the_table_of_sketches_names_is_there(word: str) -> None:
    assert callable(find_sketch(word))

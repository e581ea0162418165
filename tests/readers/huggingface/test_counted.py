"""Small models of real classes: tensors by name and shape, and multiply-adds."""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import Graph, TensorType
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.source import Source
from tests.data.huggingface.make import pack
from tests.readers.folders import MemoryFolder
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
    assert len({entry["class"] for entry in list_entries()}) > 120


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


def list_kinds(graph: Graph) -> dict[str, str]:
    """Names of what is held, and whether it is a parameter."""
    return {name: held.kind for name, held in graph.body.stored.items()}


def list_normed() -> list[Mapping[str, Any]]:
    """Models with batch normalisations."""
    return [
        entry
        for entry in list_entries()
        if any(name.endswith("running_mean") for name, _ in entry["tensors"])
    ]


def test_statistics_and_counters_are_constants_as_pytorch_has_them() -> None:
    assert list_normed()
    for entry in list_normed():
        for name, kind in list_kinds(read(entry)).items():
            seen = name.endswith(("running_mean", "running_var", "num_batches_tracked"))
            assert kind == ("constant" if seen else "parameter"), name


@pytest.mark.parametrize("names_the_model", [True, False])
def test_tensors_have_the_kinds_that_the_configuration_gives_them(names_the_model: bool) -> None:
    entry = list_normed()[0]
    tensors = {
        name: TensorType("i64" if name.endswith("tracked") else "f32", tuple(shape))
        for name, shape in entry["tensors"]
    }
    config = json.dumps(entry["config"] if names_the_model else {}).encode()
    files = {"config.json": config, "model.safetensors": pack(tensors)}
    folder = MemoryFolder(files)
    graph = HuggingFaceReader().read(Source("x", b"", folder, is_folder=True))
    assert graph.completeness == ("full" if names_the_model else "header")
    assert list_kinds(graph) == list_kinds(read(entry))


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("EsmModel", {"vocab_size": 0}),
        ("BeitModel", {"use_mean_pooling": None, "architectures": ["BeitForStrange"]}),
        ("Swinv2Model", {"window_size": 0}),
        ("SegformerModel", {"depths": [10**9, 1]}),
        ("RegNetModel", {"hidden_sizes": [2**40, 8]}),
        ("EfficientNetModel", {"kernel_sizes": []}),
        ("MobileBertModel", {"num_feedforward_networks": 10**6}),
        ("DepthAnythingForDepthEstimation", {"reassemble_factors": 5}),
        ("AuraFlowTransformer2DModel", {"num_mmdit_layers": 10**6}),
        ("HunyuanVideoTransformer3DModel", {"patch_size": 0}),
        ("WanTransformer3DModel", {"image_dim": 1280}),
        ("AutoencoderKLWan", {"dim_mult": [0, 1, 2]}),
        ("ControlNetModel", {"down_block_types": ["Strange", "DownBlock2D"]}),
    ],
)
def test_what_is_beyond_reason_or_not_drawn_has_no_graph(kind: str, change: dict[str, Any]) -> None:
    entry = next(entry for entry in list_entries() if entry["class"] == kind)
    assert read(entry).completeness == "full"
    changed = {"config": {**entry["config"], **change}}
    assert read(changed).completeness == "header"

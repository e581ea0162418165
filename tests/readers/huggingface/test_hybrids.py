"""Recurrent and hybrid decoders of small sizes, against what their classes count and save."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Mapping
from functools import cache
from io import StringIO
from typing import Any

import pytest

from cyborg_rr import codec
from cyborg_rr.cli.rendering.page import Page
from cyborg_rr.cli.rendering.requirements import show_requirement
from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.caches import find_cache_bytes
from cyborg_rr.domain.graph.graph import Graph
from cyborg_rr.domain.graph.inference.inference import infer
from cyborg_rr.domain.requirement.extraction import extract
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.source import Source
from tests.readers.folders import MemoryFolder
from tests.readers.huggingface.truth import TRUTH, count_macs, count_parameters

LENGTH = 100
"""Tokens behind which the cache was looked at."""

NO_CACHE_SEEN = frozenset({"recurrent_gemma", "openai-gpt"})
"""Classes that keep their states in their layers, or nothing."""


@cache
def list_cases() -> Mapping[str, Mapping[str, Any]]:
    """What is known of each, by its name."""
    lines = lzma.decompress((TRUTH / "hybrids.jsonl.xz").read_bytes()).splitlines()
    return {case["word"]: case for case in map(json.loads, lines)}


WORDS = tuple(list_cases())


@cache
def read_config(word: str) -> Graph:
    """The graph of a configuration alone."""
    return HuggingFaceReader().read(Source("m", json.dumps(list_cases()[word]["config"]).encode()))


def pack(tensors: Mapping[str, Any]) -> bytes:
    """A safetensors file of these tensors."""
    entries, at = {}, 0
    for name, (dtype, shape) in tensors.items():
        size = {"F32": 4, "I64": 8}[dtype]
        for extent in shape:
            size *= extent
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    header = json.dumps(entries).encode()
    return len(header).to_bytes(8, "little") + header + bytes(at)


def read_folder(word: str) -> Graph:
    """The graph of configuration and tensors."""
    case = list_cases()[word]
    files = {
        "config.json": json.dumps(case["config"]).encode(),
        "model.safetensors": pack(case["tensors"]),
    }
    return HuggingFaceReader().read(Source("m", b"", MemoryFolder(files), is_folder=True))


@pytest.mark.parametrize("word", WORDS)
def test_a_configuration_has_the_parameters_of_its_class(word: str) -> None:
    graph = read_config(word)
    # Of some classes the correction of scores is a parameter, of others a buffer.
    whole = sum(s.type.elements or 0 for s in graph.body.stored.values() if s.kind == "parameter")
    assert list_cases()[word]["parameters"] in (count_parameters(graph), whole)


@pytest.mark.parametrize("word", WORDS)
def test_the_work_is_what_torch_counts(word: str) -> None:
    for length, macs in list_cases()[word]["macs"].items():
        counted = count_macs(read_config(word), f"ids(1,{length})")
        assert counted is not None
        assert counted <= macs
        # Torch runs convolutions over some tokens more, behind the sequence.
        assert counted == pytest.approx(macs, rel=0.005 if length == "100" else 0.02)


@pytest.mark.parametrize("word", [word for word in WORDS if word not in NO_CACHE_SEEN])
def test_the_cache_is_what_the_class_keeps(word: str) -> None:
    seen = list_cases()[word]["cache"]
    kept = read_config(word).cache
    states = sum(layers.state_bytes for layers in kept)
    assert states == seen["states"]
    assert (find_cache_bytes(kept, LENGTH) or 0) - states == seen["keys"]


@pytest.mark.parametrize("word", WORDS)
def test_the_tensors_that_are_saved_have_their_places(word: str) -> None:
    graph = read_folder(word)
    assert graph.completeness == "full", graph.warnings
    assert graph.warnings == ()
    sizes = [held.type.byte_size or 0 for held in graph.body.stored.values()]
    assert sum(sizes) == len(pack(list_cases()[word]["tensors"])) - find_start(word)


def find_start(word: str) -> int:
    """Bytes before the weights of a file."""
    content = pack(list_cases()[word]["tensors"])
    return 8 + int.from_bytes(content[:8], "little")


def refuse(change: Mapping[str, Any], word: str = "bamba") -> str:
    """What is said of a configuration with something else in it."""
    config = {**list_cases()[word]["config"], **change}
    with pytest.raises(UnreadableModel) as refused:
        HuggingFaceReader().read(Source("m", json.dumps(config).encode()))
    return str(refused.value)


@pytest.mark.parametrize(
    ("word", "change", "cause"),
    [
        ("bamba", {"mamba_d_conv": 0}, "has 0 taps and 88 channels"),
        ("lfm2", {"num_attention_heads": 64, "num_key_value_heads": 64}, "64 heads do not fit"),
        ("lfm2", {"block_ffn_dim_multiplier": -1}, "would have a negative size"),
        ("bamba", {"num_key_value_heads": 0}, "config.json: num_key_value_heads is 0"),
        ("falcon_h1", {"num_key_value_heads": 0}, "config.json: num_key_value_heads is 0"),
        ("zamba2", {"layers_block_type": ["hybrid"]}, "layer_types names 1 layers"),
        ("lfm2", {"layer_types": ["conv"]}, "layer_types names 1 layers"),
        ("gemma3n_text", {"num_kv_shared_layers": 5}, "leaves no layer to share keys of"),
        ("gemma3n_text", {"altup_num_inputs": 10**6}, "altup_num_inputs is 1000000"),
        ("gemma3n_text", {"intermediate_size": [1]}, "intermediate_size is of 1 layers"),
        ("kimi_linear", {"num_experts_per_token": 5}, "5 of 4 experts cannot be chosen"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(
    word: str, change: dict[str, Any], cause: str
) -> None:
    assert cause in refuse(change, word)


def test_very_many_experts_are_drawn_together() -> None:
    few, many = {"num_local_experts": 1000}, {"num_local_experts": 20_000}
    sizes = {}
    for change in (few, many):
        config = {**list_cases()["minimax"]["config"], **change, "num_experts": None}
        graph = HuggingFaceReader().read(Source("m", json.dumps(config).encode()))
        sizes[change["num_local_experts"]] = (len(graph.body.stored), count_parameters(graph))
    assert sizes[20_000][0] < 100 < sizes[1000][0]
    one = 3 * 32 * 48 + 32  # an expert, and its row of the router
    assert sizes[20_000][1] - sizes[1000][1] == 4 * (20_000 - 1000) * one


def test_of_an_unknown_architecture_without_weights_nothing_is_0() -> None:
    config = {"model_type": "stranger", "architectures": ["StrangerForCausalLM"]}
    graph = HuggingFaceReader().read(Source("m", json.dumps(config).encode()))
    requirement = extract(
        infer(graph), name="m", sha256=None, size_bytes=0, reader_name="huggingface", bindings={}
    )
    assert requirement.memory.parameters == "absent"
    shown = StringIO()
    show_requirement(Page(shown, width=80), codec.render(requirement))
    assert re.search(r"parameters +unknown\n", shown.getvalue())
    assert " 0 B" not in shown.getvalue()


@pytest.mark.parametrize("word", ["gemma3n_text", "gemma4_text"])
def test_the_part_for_text_of_a_larger_model_has_the_graph(word: str) -> None:
    case = list_cases()[word]
    kind = word.removesuffix("_text")
    config = {"model_type": kind, "text_config": case["config"], "dtype": "float32"}
    prefix = "model.language_model."
    tensors = {prefix + n.removeprefix("model."): held for n, held in case["tensors"].items()}
    tensors["model.audio_tower.weight"] = ["F32", [2, 2]]
    files = {"config.json": json.dumps(config).encode(), "model.safetensors": pack(tensors)}
    graph = HuggingFaceReader().read(Source("m", b"", MemoryFolder(files), is_folder=True))
    assert graph.completeness == "partial"
    assert graph.cache == read_config(word).cache
    assert count_macs(graph, "ids(1,24)") == case["macs"]["24"]
    assert any("1 tensors of 16 bytes have no part" in warning for warning in graph.warnings)

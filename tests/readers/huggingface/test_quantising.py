"""A configuration alone says what its weights take when they are quantised."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import QUANTIZATION, Dialect, Graph
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.source import Source
from tests.patience import ends_within
from tests.readers.folders import MemoryFolder
from tests.readers.huggingface.truth import count_bytes

MODEL = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64,
    "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "vocab_size": 256, "tie_word_embeddings": False,
    "torch_dtype": "float16",
}  # fmt: skip
FACTORS = 2 * (64 * 64 * 2 + 64 * 32 * 2 + 3 * 64 * 128)
FEED = 2 * 3 * 64 * 128
"""Elements of the weights that are packed, and of those that feed forward."""

PLAIN_BYTES = 2 * (2 * 256 * 64 + FACTORS + 5 * 64)
"""Tokens in and out, the factors, and norms, in 16 bits."""


def read(stated: Any) -> Graph:
    content = json.dumps({**MODEL, "quantization_config": stated}).encode()
    return HuggingFaceReader().read(Source("config.json", content))


def test_weights_that_are_not_quantised_have_the_bytes_of_their_type() -> None:
    assert count_bytes(read(None)) == PLAIN_BYTES


def test_eight_bits_take_half_and_a_scale_for_each_output() -> None:
    graph = read({"quant_method": "bitsandbytes", "load_in_8bit": True})
    outputs = 2 * (64 + 32 + 32 + 64 + 128 + 128 + 64)
    assert count_bytes(graph) == PLAIN_BYTES - FACTORS + 4 * outputs
    assert any("bitsandbytes" in warning for warning in graph.warnings)


BLOCKS = {"quant_method": "fp8", "weight_block_size": [64, 64]}


@pytest.mark.parametrize(
    ("kept", "packed"),
    [
        ([], FACTORS),
        (["self_attn"], FEED),
        (["model.layers.*.self_attn"], FEED),
        (["re:.*self_attn.*"], FEED),
        (["gate"], FACTORS),
        (["model.layers.0", "model.layers.1"], 0),
    ],
)
def test_modules_that_are_to_stay_do(kept: list[str], packed: int) -> None:
    graph = read({**BLOCKS, "modules_to_not_convert": kept})
    elements = sum(
        stored.type.elements or 0
        for stored in graph.body.stored.values()
        if stored.type.element_type == "f8E4M3FN"
    )
    assert elements == packed


@pytest.mark.parametrize(
    "stated",
    [
        {"quant_method": "of tomorrow"},
        {"quant_method": "\x1b[31m"},
        {},
        {"quant_method": "gptq", "bits": 3, "group_size": 128},
        {"quant_method": "gptq", "bits": 4, "group_size": 0},
        {"quant_method": "gptq", "bits": 4, "group_size": float("nan")},
        {"quant_method": "fp8", "weight_block_size": [0, 128]},
        {"quant_method": "fp8", "weight_block_size": None},
        {"quant_method": "compressed-tensors", "config_groups": {"a": [], "b": 1}},
        {"quant_method": "compressed-tensors", "config_groups": {"a": {"weights": 4}}},
        {**BLOCKS, "modules_to_not_convert": ["re:(a+)+b"]},
        {**BLOCKS, "modules_to_not_convert": ["a*" * 5000 + "b"]},
        {"quant_method": ["awq"]},
        ["awq"],
    ],
)
def test_a_form_that_is_not_known_is_said_to_be_less_than_the_bytes(stated: Any) -> None:
    graph = read(stated)
    assert count_bytes(graph) == PLAIN_BYTES
    (warning,) = graph.warnings
    assert "more than are stored" in warning
    assert warning.isprintable()


@pytest.mark.parametrize(
    ("stated", "method"),
    [
        (None, None),
        ({"quant_method": "hqq"}, "hqq"),
        ({"load_in_4bit": True}, "bitsandbytes"),
        ({"load_in_4bit": False}, "unnamed"),
        ({}, "unnamed"),
        (["awq"], "unnamed"),
        ({"quant_method": "\x1b[31m"}, "\\x1b[31m"),
    ],
)
def test_the_method_is_told_beside_the_class(stated: Any, method: str | None) -> None:
    told = [each.version for each in read(stated).ir.dialects if each.name == QUANTIZATION]
    assert told == ([] if method is None else [method])


def test_a_part_of_a_pipeline_tells_how_it_is_quantised() -> None:
    index = {"_class_name": "APipeline", "text_encoder": ["transformers", "A"]}
    packed = {**MODEL, "quantization_config": {"quant_method": "hqq"}}
    part = MemoryFolder({"config.json": json.dumps(packed).encode()})
    folder = MemoryFolder({"model_index.json": json.dumps(index).encode()}, {"text_encoder": part})
    graph = HuggingFaceReader().read(Source("pipe", b"", folder=folder, is_folder=True))
    assert graph.ir.dialects == (Dialect(QUANTIZATION, "hqq"),)


def test_names_that_stay_are_looked_up_and_not_gone_through() -> None:
    names = [f"model.layers.{number}.other" for number in range(50_000)]
    stated = {**BLOCKS, "modules_to_not_convert": [*names, "model.layers.1.mlp.*"]}
    graph = ends_within(4_000_000, lambda: read(stated))
    kinds = [stored.type.element_type for stored in graph.body.stored.values()]
    assert kinds.count("f8E4M3FN") == 2 * 7 - 3

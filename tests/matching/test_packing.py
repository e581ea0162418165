"""A conversion to few bits packs weights of linear layers alone, as those who quantise do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cyborg_rr.domain.matching.converting.conversion import convert
from cyborg_rr.domain.matching.matching import match
from cyborg_rr.domain.matching.options import MatchOptions
from cyborg_rr.domain.requirement.requirement import IRRequirement, WorkItem
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.analysis import analyse_by
from cyborg_rr.readers.reading.options import parse_options
from cyborg_rr.readers.reading.source import Source
from cyborg_rr.readers.stablehlo.reader import StablehloReader
from tests.matching.quantised_models import EXPERTS, make_folder
from tests.readers.huggingface.truth import list_configs, list_rows
from tests.readers.samples import DATA
from tests.shipped import load

QUANTISED = {
    "Qwen2.5-7B-Instruct-AWQ": "u4",
    "Llama-2-7B-GPTQ": "u4",
    "Qwen2.5-7B-Instruct-quantized.w8a8": "i8",
    "Qwen3-32B-FP8": "f8E4M3FN",
}
"""Checkpoints as they were published, and the conversion that makes such of the model of floats."""


def read_config(config: dict[str, Any]) -> IRRequirement:
    source = Source("config.json", json.dumps(config).encode())
    options = parse_options(1, ("ids=1x16",), None)
    return analyse_by(HuggingFaceReader(), source, options)


def read_truth(name: str, *, quantised: bool) -> IRRequirement:
    config = dict(list_configs()[name])
    return read_config(config if quantised else {**config, "quantization_config": None})


@pytest.mark.parametrize("name", QUANTISED)
def test_a_model_that_is_converted_is_as_large_as_the_published_one(name: str) -> None:
    converted = convert(read_truth(name, quantised=False), QUANTISED[name])
    published = int(list_rows()[name]["weight_bytes"])
    assert converted.memory.parameter_bytes == pytest.approx(published, rel=2e-3)


@pytest.mark.parametrize("name", QUANTISED)
def test_work_and_activations_are_those_of_the_published_one(name: str) -> None:
    found, published = (
        convert(read_truth(name, quantised=False), QUANTISED[name]),
        read_truth(name, quantised=True),
    )
    assert found.compute == published.compute
    assert found.cache == published.cache
    assert found.memory.activation_peak_bytes == published.memory.activation_peak_bytes
    assert count_read(found.work) == pytest.approx(count_read(published.work), rel=0.05)


def count_read(work: tuple[WorkItem, ...]) -> int:
    return sum(item.bytes_read * item.count for item in work)


@pytest.mark.parametrize("tied", [True, False])
def test_tables_and_scores_of_tokens_stay(tied: bool) -> None:
    floats = make_folder(None, tie_word_embeddings=tied)
    packed = convert(floats, "i4")
    tables = (1 if tied else 2) * 256 * 64 * 2
    norms = 5 * 64 * 2
    weights = floats.memory.parameter_bytes - tables - norms
    elements = weights // 2
    assert packed.memory.parameter_bytes_by_element_type["i4"] == elements // 2
    scales = elements * 20 // 128 // 8
    assert packed.memory.parameter_bytes == tables + norms + elements // 2 + scales
    (scoring,) = (item for item in packed.work if item.parameter_bytes == 256 * 64 * 2)
    assert scoring in floats.work


def test_experts_are_packed_all_of_them() -> None:
    floats = make_folder(None, **EXPERTS)
    packed = convert(floats, "f4E2M1FN").memory
    experts = 2 * 4 * 3 * 64 * 128
    assert packed.parameter_bytes_by_element_type["f4E2M1FN"] >= experts // 2


def test_what_is_packed_already_stays() -> None:
    packed = make_folder({"quant_method": "awq", "bits": 4, "group_size": 32})
    assert convert(packed, "i4") == packed
    once = convert(make_folder(None), "i8")
    assert convert(once, "i8") == once


@pytest.mark.parametrize(
    ("element_type", "told"),
    [
        ("i4", "weights of linear layers quantised to i4 with scales for each group"),
        ("f8E4M3FN", "weights of linear layers quantised to f8E4M3FN with a scale for each row"),
        ("f32", "floating-point values converted to f32"),
    ],
)
def test_the_verdict_says_what_is_meant(element_type: str, told: str) -> None:
    device = load().represent_product("nvidia-h100-sxm-80")
    options = MatchOptions(element_type=element_type)
    (verdict,) = match(make_folder(None), [device], options, coverage=load().find_coverage)
    assert any(each.startswith(told) for each in verdict.assumptions)


def test_a_program_whose_arguments_are_weights_packs_those_of_its_products() -> None:
    content = (DATA / "stablehlo" / "encoder.mlir").read_bytes()
    options = parse_options(None, (), None)
    program = analyse_by(StablehloReader(), Source("encoder.mlir", content), options)
    products = 12 * (4 * 768 * 768 + 2 * 768 * 3072)
    assert program.memory.linear is not None
    assert program.memory.linear.bytes_by_element_type == {"f32": 4 * products}
    sizes = convert(program, "i8").memory.parameter_bytes_by_element_type
    assert sizes["i8"] == products

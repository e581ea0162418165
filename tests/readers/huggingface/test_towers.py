"""Models of text and images or sounds, against what transformers builds and torch counts."""

from __future__ import annotations

from typing import Any

import pytest

from cyborg_rr.domain.errors import InvalidInput, UnreadableModel
from cyborg_rr.domain.graph.caches import find_cache_bytes
from tests.readers.huggingface.towers import (
    Tensors,
    count_macs,
    list_entries,
    read_config,
    read_folder,
)
from tests.readers.huggingface.truth import count_bytes, count_parameters

NAMES = sorted(list_entries())
TOLERANCE = 0.005
IN_PART = frozenset({"janus"})
"""Models with further parts that make images, of which no graph is drawn."""


@pytest.mark.parametrize("name", NAMES)
def test_a_configuration_alone_has_the_parameters_and_the_work_of_the_class(name: str) -> None:
    entry = list_entries()[name]
    graph = read_config(entry["config"])
    assert abs(count_macs(graph, entry["inputs"]) / entry["macs"] - 1) <= TOLERANCE
    if name in IN_PART:
        assert graph.completeness == "partial"
        assert any("lower bound" in warning for warning in graph.warnings)
    else:
        assert graph.completeness == "full"
        assert count_parameters(graph) == entry["parameters"]


@pytest.mark.parametrize("name", NAMES)
def test_saved_tensors_fit_the_graph(name: str) -> None:
    entry = list_entries()[name]
    graph = read_folder(entry["config"], entry["tensors"])
    assert graph.completeness == ("partial" if name in IN_PART else "full")
    assert count_parameters(graph) == entry["parameters"]
    assert abs(count_macs(graph, entry["inputs"]) / entry["macs"] - 1) <= TOLERANCE


def rename(tensors: Tensors, *pairs: tuple[str, str]) -> Tensors:
    renamed = {}
    for name, tensor in tensors.items():
        front = next((pair for pair in pairs if name.startswith(pair[0])), ("", ""))
        renamed[front[1] + name.removeprefix(front[0])] = tensor
    return renamed


@pytest.mark.parametrize(
    "pairs",
    [
        (("language_model.lm_head", "lm_head"), ("language_model.model.", "model.language_model."),
         ("vision_tower.", "model.vision_tower."), ("multi_modal", "model.multi_modal"),
         ("image_newline", "model.image_newline")),
        (("vision_tower.", "vision_tower.vision_model."),),
        (("vision_tower.", "model.vision_tower.vision_model."), ("language_model.model.", "model."),
         ("language_model.lm_head", "lm_head"), ("multi_modal_projector.", "model.mm_projector.")),
    ],
)  # fmt: skip
def test_each_part_may_have_another_front(pairs: tuple[tuple[str, str], ...]) -> None:
    entry = list_entries()["llava_next"]
    graph = read_folder(entry["config"], rename(entry["tensors"], *pairs))
    assert graph.completeness == "full"
    assert count_parameters(graph) == entry["parameters"]


def test_where_a_tower_is_another_the_text_has_a_graph_and_bytes_are_exact() -> None:
    entry = list_entries()["llava"]
    tensors = dict(entry["tensors"])
    tensors["vision_tower.pre_layrnorm.bias"] = ["F32", [7]]
    graph = read_folder(entry["config"], tensors)
    assert graph.completeness == "partial"
    assert set(graph.body.inputs) == {"ids"}
    assert count_bytes(graph) == 4 * (entry["parameters"] - 24 + 7)


def test_with_an_encoder_that_is_not_known_only_the_text_has_a_graph() -> None:
    config = dict(list_entries()["llava"]["config"])
    config["vision_config"] = {**config["vision_config"], "model_type": "stranger"}
    graph = read_config(config)
    assert graph.completeness == "partial"
    assert set(graph.body.inputs) == {"ids"}
    assert any("lower bound" in warning for warning in graph.warnings)


def test_inputs_are_those_of_the_class_with_symbols_for_what_is_open() -> None:
    shapes = {
        name: read_config(list_entries()[name]["config"]).body.inputs
        for name in ("llava", "qwen2_vl", "mistral3", "voxtral", "mllama")
    }
    assert shapes["llava"]["pixel_values"].shape == ("images", 3, 32, 32)
    assert shapes["qwen2_vl"]["pixel_values"].shape == ("images", "patches", 384)
    assert shapes["mistral3"]["pixel_values"].shape == ("images", 3, "height", "width")
    assert shapes["voxtral"]["input_features"].shape == ("sounds", 16, 16)
    assert shapes["mllama"]["pixel_values"].shape == ("batch", 1, 2, 3, 32, 32)


def test_patches_that_are_no_whole_windows_are_refused() -> None:
    entry = list_entries()["qwen2_5_vl"]
    graph = read_config(entry["config"])
    assert any("whole windows of 16" in warning for warning in graph.warnings)
    with pytest.raises(InvalidInput, match="cannot be divided"):
        count_macs(graph, {**entry["inputs"], "pixel_values": {"shape": [24, 384]}})


def test_a_text_that_attends_to_images_keeps_their_keys() -> None:
    entry = list_entries()["mllama"]
    cache = {layers.kind: layers for layers in read_config(entry["config"]).cache}
    assert cache["cross"].layers == 1
    assert cache["full"].layers == 2
    assert cache["cross"].bytes_per_token == 2 * 2 * 8 * 4


def test_towers_keep_nothing_between_tokens() -> None:
    entry = list_entries()["llava"]
    assert find_cache_bytes(read_config(entry["config"]).cache, 10) == 10 * 2 * 2 * (2 * 8) * 4


def test_defaults_stand_for_what_a_model_leaves_out() -> None:
    config = {"architectures": ["LlavaForConditionalGeneration"], "model_type": "llava",
              "torch_dtype": "float16", "text_config": {"vocab_size": 32064}}  # fmt: skip
    graph = read_config(config)
    assert graph.completeness == "full"
    assert count_parameters(graph) == 7_063_427_072


def test_of_a_whole_omni_model_the_part_that_understands_has_a_graph() -> None:
    entry = list_entries()["qwen2_5_omni_thinker"]
    config = {"architectures": ["Qwen2_5OmniForConditionalGeneration"], "dtype": "float32",
              "model_type": "qwen2_5_omni", "thinker_config": entry["config"],
              "talker_config": {"model_type": "qwen2_5_omni_talker"}}  # fmt: skip
    tensors = {f"thinker.{name}": tensor for name, tensor in entry["tensors"].items()}
    graph = read_folder(config, {**tensors, "talker.model.norm.weight": ["F32", [5]]})
    assert graph.completeness == "partial"
    assert count_macs(graph, entry["inputs"]) == entry["macs"]
    assert count_parameters(graph) == entry["parameters"] + 5
    assert read_config(config).completeness == "partial"


def change(name: str, part: str, **settings: Any) -> dict[str, Any]:
    config = dict(list_entries()[name]["config"])
    return {**config, part: {**config[part], **settings}} if part else {**config, **settings}


@pytest.mark.parametrize(
    "config",
    [
        change("llava", "", vision_feature_layer=-99),
        change("llava", "", vision_feature_layer=["last"]),
        change("llava", "vision_config", image_size=[32, 16]),
        change("llava", "vision_config", patch_size=0),
        change("llava", "vision_config", num_hidden_layers=10**6),
        change("gemma3", "", mm_tokens_per_image=5),
        change("gemma3", "", mm_tokens_per_image=0),
        change("janus", "vision_config", depth=10**6),
        change("janus", "vision_config", mlp_ratio=float("inf")),
        change("internvl", "", downsample_ratio=float("nan")),
        change("internvl", "", downsample_ratio=1e-300),
        change("mllama", "vision_config", intermediate_layers_indices=[77]),
        change("qwen3_vl", "vision_config", deepstack_visual_indexes=list(range(100))),
    ],
)
def test_settings_beyond_reason_are_refused(config: dict[str, Any]) -> None:
    with pytest.raises(UnreadableModel, match=r"config\.json|weights"):
        read_config(config)


@pytest.mark.parametrize("name", ["llava", "qwen2_vl", "voxtral", "mllama", "blip_2", "idefics2"])
@pytest.mark.parametrize("part", ["vision_config", "audio_config", "qformer_config"])
def test_no_size_of_a_part_breaks_the_reader(name: str, part: str) -> None:
    stated = list_entries()[name]["config"].get(part)
    for setting in stated if isinstance(stated, dict) else ():
        for value in (0, 2**31, -1, "x", None, [], 1.5):
            try:
                read_config(change(name, part, **{setting: value}))
            except UnreadableModel:
                continue

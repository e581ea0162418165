"""Folders and files of the hub: which are read how far, and what is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph, TensorType
from cyborg_rr.readers.architectures.plans import MAX_LAYERS
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.source import Source
from tests.data.huggingface.make import DENSE, SPARSE, STRANGER, list_tensors, pack, shard
from tests.patience import ends_soon
from tests.readers.folders import MemoryFolder
from tests.readers.huggingface.truth import list_configs


def read(**files: bytes) -> Graph:
    """The graph of a folder; two underscores stand for a dot."""
    return read_folder({name.replace("__", "."): content for name, content in files.items()})


def read_folder(files: dict[str, bytes]) -> Graph:
    return HuggingFaceReader().read(Source("model", folder=MemoryFolder(files), is_folder=True))


def as_json(config: dict[str, Any]) -> bytes:
    return json.dumps(config).encode()


def test_a_folder_has_the_graph_of_its_configuration_on_its_tensors() -> None:
    tensors = list_tensors(DENSE)
    graph = read(config__json=as_json(DENSE), model__safetensors=pack(tensors))
    assert graph.completeness == "full"
    assert {name: stored.type for name, stored in graph.body.stored.items()} == tensors
    assert {stored.location for stored in graph.body.stored.values()} == {"inline"}


def test_shards_give_what_one_file_gives() -> None:
    tensors = list_tensors(SPARSE)
    split = read_folder({"config.json": as_json(SPARSE), **shard(tensors, 3)})
    whole = read(config__json=as_json(SPARSE), model__safetensors=pack(tensors))
    assert split.body == whole.body
    assert split.completeness == "full"


def test_a_shard_that_is_missing_is_named() -> None:
    files = shard(list_tensors(SPARSE), 3)
    del files["model-00002-of-00003.safetensors"]
    with pytest.raises(UnreadableModel, match=r"1 of 3 shards are missing.*model-00002-of-00003"):
        read_folder({"config.json": as_json(SPARSE), **files})


@pytest.mark.parametrize("shard_name", ["../model.safetensors", "a/b", "..", "", 7])
def test_a_shard_outside_of_the_folder_is_refused(shard_name: object) -> None:
    index = as_json({"weight_map": {"w": shard_name}})
    with pytest.raises(UnreadableModel, match="not the name of a file"):
        read_folder({"model.safetensors.index.json": index})


def test_a_tensor_that_its_shard_lacks_is_named() -> None:
    index = as_json({"weight_map": {"w": "a.safetensors", "x": "a.safetensors"}})
    packed = pack({"w": TensorType("f32", (2,))})
    with pytest.raises(UnreadableModel, match=r"'a.safetensors' lacks tensor 'x'"):
        read_folder({"model.safetensors.index.json": index, "a.safetensors": packed})


def test_safetensors_alone_are_parameters_without_a_graph() -> None:
    graph = HuggingFaceReader().read(Source("w", pack({"w": TensorType("f8E4M3FN", (3, 5))})))
    assert graph.completeness == "header"
    assert graph.body.stored["w"].type.byte_size == 15


def test_a_configuration_alone_says_that_its_weights_are_absent() -> None:
    graph = HuggingFaceReader().read(Source("config.json", as_json(DENSE)))
    assert graph.completeness == "full"
    assert {stored.location for stored in graph.body.stored.values()} == {"absent"}


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ({"name": "shop", "config": {"model_type": "car"}}, "neither safetensors nor a"),
        ({"learner": {"model_type": 1}, "version": [1, 0]}, "neither safetensors nor a"),
        ({"_class_name": "DDIMScheduler", "beta_end": 0.01}, "'DDIMScheduler', which is no model"),
    ],
)
def test_what_only_looks_like_a_models_configuration_is_refused(
    content: dict[str, object], cause: str
) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        HuggingFaceReader().read(Source("some.json", as_json(content)))


def test_the_deepest_model_that_is_drawn_is_drawn_soon_and_no_deeper_one_is() -> None:
    reader = HuggingFaceReader()
    config = {**DENSE, "num_hidden_layers": MAX_LAYERS}
    ends_soon(lambda: reader.read(Source("config.json", as_json(config))))
    with pytest.raises(UnreadableModel, match=f"more than {MAX_LAYERS}"):
        reader.read(Source("config.json", as_json({**config, "num_hidden_layers": MAX_LAYERS + 1})))


def test_a_checkpoint_without_the_models_prefix_fits() -> None:
    tensors = {name.removeprefix("model."): tensor for name, tensor in list_tensors(DENSE).items()}
    graph = read(config__json=as_json(DENSE), model__safetensors=pack(tensors))
    assert graph.completeness == "full"


def test_tensors_that_contradict_the_configuration_leave_no_graph() -> None:
    tensors = list_tensors(DENSE)
    tensors["model.layers.1.mlp.up_proj.weight"] = TensorType("bf16", (3, 3))
    graph = read(config__json=as_json(DENSE), model__safetensors=pack(tensors))
    assert graph.completeness == "header"
    assert graph.body.nodes == ()
    assert "model.layers.1.mlp.up_proj.weight" in graph.warnings[0]
    assert len(graph.body.stored) == len(tensors)


def test_tensors_without_a_part_in_the_graph_are_told() -> None:
    tensors = {**list_tensors(DENSE), "extra.weight": TensorType("f32", (10,))}
    graph = read(config__json=as_json(DENSE), model__safetensors=pack(tensors))
    assert graph.completeness == "partial"
    assert "1 tensors of 40 bytes have no part in the graph, first 'extra.weight'" in graph.warnings


def test_tables_that_old_files_keep_are_no_parts() -> None:
    old = {"model.layers.0.self_attn.rotary_emb.inv_freq": TensorType("f32", (2,))}
    packed = pack({**list_tensors(DENSE), **old})
    assert read(config__json=as_json(DENSE), model__safetensors=packed).completeness == "full"


def test_an_unknown_architecture_has_its_weights_and_its_plain_cache() -> None:
    packed = pack({"w": TensorType("f16", (3, 5))})
    graph = read(config__json=as_json(STRANGER), model__safetensors=packed)
    assert graph.completeness == "header"
    assert "StrangerForCausalLM" in graph.warnings[0]
    (cached,) = graph.cache
    assert (cached.kind, cached.layers, cached.bytes_per_token) == ("full", 2, 2 * 2 * 16 * 2)


@pytest.mark.parametrize(
    "config", [{"ssm_state_size": 16}, {"layer_types": ["linear_attention"] * 2}]
)
def test_a_cache_that_the_settings_do_not_say_is_not_guessed(config: dict[str, Any]) -> None:
    graph = read(config__json=as_json({**STRANGER, **config}))
    assert graph.cache == ()
    assert "cache is not known" in graph.warnings[0]


def test_weights_in_pickles_are_told() -> None:
    graph = read_folder({"config.json": as_json(DENSE), "weights.ckpt": b"x"})
    assert "are not read" in graph.warnings[0]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"num_hidden_layers": 10**9}, "layers are more than"),
        ({"num_hidden_layers": -1}, "num_hidden_layers is '-1'"),
        ({"hidden_size": "16"}, "hidden_size is '16'"),
        ({"hidden_size": None}, "states no hidden_size"),
        ({"num_attention_heads": 0}, "num_attention_heads is 0"),
        ({"hidden_act": "laugh"}, "the activation 'laugh' is not known"),
        ({"layer_types": ["full_attention"]}, "layer_types names 1 of 2 layers"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change: dict[str, Any], cause: str) -> None:
    with pytest.raises(UnreadableModel, match=cause):
        read(config__json=as_json({**DENSE, **change}))


@pytest.mark.parametrize("change", [{"n_routed_experts": 10**9}, {"num_experts_per_tok": 5}])
def test_experts_beyond_reason_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableModel, match="experts cannot be chosen"):
        read(config__json=as_json({**SPARSE, **change}))


@pytest.mark.parametrize(
    "change",
    [
        {"num_hidden_layers": 1024, "n_routed_experts": 65536},
        {"hidden_size": 2**31, "vocab_size": 2**31},
    ],
)
def test_small_configurations_of_giants_are_refused_at_once(change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableModel, match="more weights than any that there is"):
        ends_soon(lambda: read(config__json=as_json({**SPARSE, **change})))


def test_experts_in_one_tensor_fit_too() -> None:
    tensors = list_tensors(SPARSE)
    merged = {name: tensor for name, tensor in tensors.items() if ".experts." not in name}
    prefix = "model.layers.1.mlp.experts."
    merged[f"{prefix}gate_up_proj"] = TensorType("bf16", (4, 16, 16))
    merged[f"{prefix}down_proj"] = TensorType("bf16", (4, 16, 8))
    graph = read(config__json=as_json(SPARSE), model__safetensors=pack(merged))
    assert graph.completeness == "full"


def test_what_a_configuration_leaves_out_is_the_default_of_its_class() -> None:
    text = {"model_type": "llama", "vocab_size": 32064}
    whole = list_configs()["llava-1.5-7b-hf"]
    short = {**whole, "text_config": text}
    assert read(config__json=as_json(short)).body == read(config__json=as_json(whole)).body


def test_a_window_of_null_is_none() -> None:
    config = {**DENSE, "model_type": "mistral", "sliding_window": None}
    assert [c.kind for c in read(config__json=as_json(config)).cache] == ["full"]


def test_weights_are_read_where_the_configuration_says_too_little() -> None:
    packed = pack({"w": TensorType("f16", (3, 5))})
    config = {**SPARSE, "kv_lora_rank": None}
    graph = read(config__json=as_json(config), model__safetensors=packed)
    assert graph.completeness == "header"
    assert "states no kv_lora_rank" in graph.warnings[0]
    assert list(graph.body.stored) == ["w"]


def test_a_class_without_a_plan_has_no_graph() -> None:
    config = {**list_configs()["bert-base-uncased"], "architectures": ["BertForNextSentence"]}
    graph = read(config__json=as_json(config))
    assert graph.completeness == "header"
    assert "BertForNextSentence" in graph.warnings[0]


def test_a_folder_without_a_model_is_not_recognised() -> None:
    for files in ({"config.json": b'{"a": 1}'}, {"config.json": b""}, {"readme": b"x"}):
        source = Source("model", folder=MemoryFolder(files), is_folder=True)
        assert not HuggingFaceReader().recognises(source)

"""Folders of several parts, several sets of weights, pickles, and adapters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Graph, TensorType
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.source import Source
from tests.data.huggingface.make import DENSE, list_tensors, pack
from tests.readers.folders import MemoryFolder
from tests.readers.statedict.files import mapping, save, storage, tensor

SMALL = {"w": TensorType("f16", (3, 5))}
OTHER = {"w": TensorType("f32", (3, 5))}
ADAPTER = {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj", "v_proj"],
           "base_model_name_or_path": "org/base"}  # fmt: skip


def read(files: dict[str, Any]) -> Graph:
    plain = {name: held for name, held in files.items() if isinstance(held, bytes)}
    inner = {name: MemoryFolder(held) for name, held in files.items() if isinstance(held, dict)}
    source = Source("model", folder=MemoryFolder(plain, inner), is_folder=True)
    assert HuggingFaceReader().recognises(source)
    return HuggingFaceReader().read(source)


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def count_bytes(graph: Graph) -> int:
    return sum(stored.type.byte_size or 0 for stored in graph.body.stored.values())


def test_a_pipeline_is_one_model_of_its_parts() -> None:
    graph = read(
        {
            "model_index.json": as_json(
                {
                    "_class_name": "SomePipeline",
                    "first": ["diffusers", "Strange"],
                    "second": ["transformers", "LlamaForCausalLM"],
                    "tokenizer": ["transformers", "CLIPTokenizer"],
                    "scheduler": ["diffusers", "DDIMScheduler"],
                    "absent": [None, None],
                }
            ),
            "first": {"diffusion_pytorch_model.safetensors": pack(SMALL)},
            "second": {
                "config.json": as_json(DENSE),
                "model.safetensors": pack(list_tensors(DENSE)),
            },
        }
    )
    assert graph.completeness == "partial"
    assert graph.body.stored["first.w"].type == SMALL["w"]
    sizes = [tensor.byte_size or 0 for tensor in list_tensors(DENSE).values()]
    assert count_bytes(graph) == 30 + sum(sizes)
    assert graph.body.outputs == ("second.logits",)
    assert "part first: 1 weights of 15 elements, 30 bytes" in graph.warnings


def test_a_part_that_is_missing_is_named() -> None:
    index = {"_class_name": "P", "unet": ["diffusers", "U"], "vae": ["diffusers", "V"]}
    files = {"model_index.json": as_json(index), "unet": {"model.safetensors": pack(SMALL)}}
    assert any("parts are missing" in w and "vae" in w for w in read(files).warnings)


@pytest.mark.parametrize("name", ["../a", "..", "a/b"])
def test_a_part_outside_of_the_folder_is_refused(name: str) -> None:
    index = {"_class_name": "P", name: ["diffusers", "U"]}
    with pytest.raises(UnreadableModel, match="not the name of a folder"):
        read({"model_index.json": as_json(index)})


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["model.safetensors", "model.fp16.safetensors"], "model.safetensors"),
        (["model.fp16.safetensors", "model.non_ema.safetensors"], "model.fp16.safetensors"),
        (["a.safetensors", "model.safetensors"], "model.safetensors"),
        (["pytorch_model.bin", "a.safetensors"], "a.safetensors"),
    ],
)
def test_of_several_sets_of_weights_one_is_chosen_and_said(names: list[str], chosen: str) -> None:
    graph = read({name: pack(SMALL if name == chosen else OTHER) for name in names})
    assert count_bytes(graph) == 30
    assert any(f"'{chosen}' was read, not" in warning for warning in graph.warnings)


def test_shards_without_an_index_are_joined_when_all_are_there() -> None:
    shards = {f"model-0000{n}-of-00002.safetensors": pack({f"w{n}": SMALL["w"]}) for n in (1, 2)}
    graph = read(shards)
    assert sorted(graph.body.stored) == ["w1", "w2"]
    assert any("no index joins" in warning for warning in graph.warnings)


def test_the_total_of_an_index_is_held_against_its_tensors() -> None:
    index = {"metadata": {"total_size": 31}, "weight_map": {"w": "a.safetensors"}}
    files = {"model.safetensors.index.json": as_json(index), "a.safetensors": pack(SMALL)}
    assert any("states 31 bytes, its tensors take 30" in w for w in read(files).warnings)


def pickled(name: str) -> bytes:
    return save(mapping({name: tensor(storage("0", 4), (4,))}), {"0": 16})


def test_pickled_weights_are_listed_and_not_unpickled() -> None:
    config = as_json({"model_type": "stranger"})
    graph = read({"config.json": config, "pytorch_model.bin": pickled("w")})
    assert graph.body.stored["w"].type == TensorType("f32", (4,))
    assert graph.ir.encoding == "pickle"


def test_pickled_shards_are_joined_by_their_index() -> None:
    names = {f"w{n}": f"pytorch_model-0000{n}-of-00002.bin" for n in (1, 2)}
    index = {"metadata": {"total_size": 32}, "weight_map": names}
    shards = {shard: pickled(name) for name, shard in names.items()}
    graph = read({"pytorch_model.bin.index.json": as_json(index), **shards})
    assert count_bytes(graph) == 32
    assert not any("index" in warning for warning in graph.warnings)


def test_an_adapter_has_its_own_parameters_and_names_its_base() -> None:
    files = {"adapter_config.json": as_json(ADAPTER), "adapter_model.safetensors": pack(SMALL)}
    graph = read(files)
    assert count_bytes(graph) == 30
    assert any("rank 8" in w and "q_proj" in w for w in graph.warnings)
    assert any("'org/base' come on top" in w for w in graph.warnings)


def test_an_adapters_configuration_alone_says_no_sizes() -> None:
    with pytest.raises(UnreadableModel, match="says nothing of sizes"):
        HuggingFaceReader().read(Source("adapter_config.json", as_json(ADAPTER)))


VISUAL = {"model_type": "internvl", "architectures": ["InternVLForConditionalGeneration"],
          "text_config": DENSE}  # fmt: skip


@pytest.mark.parametrize("prefix", ["language_model.", "model.language_model."])
def test_the_text_of_a_model_of_images_is_found_under_either_name(prefix: str) -> None:
    inside = prefix.startswith("model.")
    tensors = {
        ("" if inside and name.startswith("lm_head") else prefix)
        + (name.removeprefix("model.") if inside else name): kind
        for name, kind in list_tensors(DENSE).items()
    }
    tensors["vision_tower.w"] = OTHER["w"]
    graph = read({"config.json": as_json(VISUAL), "model.safetensors": pack(tensors)})
    assert graph.completeness == "partial"
    assert any("1 tensors of 60 bytes have no part in the graph" in w for w in graph.warnings)

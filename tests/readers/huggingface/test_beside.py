"""What lies in a folder beside what the model needs: scores kept twice, how weights are packed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cyborg_rr.domain.graph.graph import QUANTIZATION, Graph
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.source import Source
from tests.data.huggingface.make import DENSE, list_tensors, pack
from tests.readers.folders import MemoryFolder
from tests.readers.huggingface.test_quantising import FACTORS, MODEL, PLAIN_BYTES
from tests.readers.huggingface.truth import count_bytes

OUTPUTS = 2 * (64 + 32 + 32 + 64 + 128 + 128 + 64)
WEIGHTS = 2 * 7


def read_folder(files: dict[str, bytes]) -> Graph:
    return HuggingFaceReader().read(Source("model", folder=MemoryFolder(files), is_folder=True))


def read_packed(quantised: dict[str, Any], **changes: Any) -> Graph:
    beside = {"producer": {"name": "modelopt"}, "quantization": quantised}
    config = {**MODEL, **changes}
    files = {"config.json": config, "hf_quant_config.json": beside}
    return read_folder({name: json.dumps(content).encode() for name, content in files.items()})


def test_a_tied_model_that_keeps_its_scores_too_is_read_whole() -> None:
    tied = {**DENSE, "tie_word_embeddings": True}
    tensors = list_tensors({**DENSE, "tie_word_embeddings": False})
    files = {"config.json": json.dumps(tied).encode(), "model.safetensors": pack(tensors)}
    graph = read_folder(files)
    assert "lm_head.weight" in tensors
    assert graph.completeness == "full"
    assert not graph.warnings
    assert count_bytes(graph) == sum(tensor.byte_size or 0 for tensor in tensors.values())


def test_a_stranger_of_the_shape_of_the_table_is_told() -> None:
    tensors = list_tensors({**DENSE, "tie_word_embeddings": False})
    tensors["stranger.weight"] = tensors["lm_head.weight"]
    files = {"config.json": json.dumps(DENSE).encode(), "model.safetensors": pack(tensors)}
    assert read_folder(files).completeness == "partial"


@pytest.mark.parametrize(
    ("quantised", "size"),
    [
        ({"quant_algo": "FP8"}, PLAIN_BYTES - FACTORS + WEIGHTS * 8),
        ({"quant_algo": "NVFP4", "group_size": 16},
         PLAIN_BYTES - 2 * FACTORS + FACTORS // 2 + FACTORS // 16 + WEIGHTS * 8),
        ({"quant_algo": "NVFP4", "group_size": 16,
          "exclude_modules": [f"model.layers.{n}*" for n in range(2)]}, PLAIN_BYTES),
        ({"quant_algo": "of tomorrow"}, PLAIN_BYTES),
    ],
)  # fmt: skip
def test_how_weights_are_packed_is_read_beside_the_configuration(
    quantised: dict[str, Any], size: int
) -> None:
    graph = read_packed({**quantised, "kv_cache_quant_algo": "FP8"})
    assert count_bytes(graph) == size
    named = {dialect.name: dialect.version for dialect in graph.ir.dialects}
    assert named[QUANTIZATION] == "modelopt"


def test_what_the_configuration_says_of_packed_weights_counts() -> None:
    own = {"quant_method": "bitsandbytes", "load_in_8bit": True}
    graph = read_packed({"quant_algo": "FP8"}, quantization_config=own)
    assert count_bytes(graph) == PLAIN_BYTES - FACTORS + 4 * OUTPUTS


def test_layers_that_attend_to_an_image_keep_all_vectors_of_its_tiles() -> None:
    text = {"model_type": "mllama_text_model", "hidden_size": 64, "num_hidden_layers": 4,
            "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 96,
            "vocab_size": 99, "cross_attention_layers": [1, 3]}  # fmt: skip
    vision = {"model_type": "mllama_vision_model", "image_size": 28, "patch_size": 14,
              "max_num_tiles": 4, "hidden_size": 32, "attention_heads": 2, "num_hidden_layers": 2,
              "num_global_layers": 1, "intermediate_size": 64, "vision_output_dim": 96,
              "intermediate_layers_indices": [0, 1]}  # fmt: skip
    config = {"model_type": "mllama", "architectures": ["MllamaForConditionalGeneration"],
              "text_config": text, "vision_config": vision, "torch_dtype": "bfloat16"}  # fmt: skip
    graph = HuggingFaceReader().read(Source("config.json", json.dumps(config).encode()))
    (cross,) = (layers for layers in graph.cache if layers.kind == "cross")
    assert cross.positions == 4 * (2 * 2 + 1)
    assert cross.layers == 2

"""Write the small samples: ``python tests/data/huggingface/make.py`` with the product installed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.formats.safetensors import ELEMENT_TYPES
from cyborg_rr.readers.huggingface.reader import HuggingFaceReader
from cyborg_rr.readers.reading.source import Source

HERE = Path(__file__).resolve().parent

WORDS = {name: word for word, name in ELEMENT_TYPES.items()}

DENSE = {
    "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "torch_dtype": "bfloat16",
    "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 4, "vocab_size": 32, "tie_word_embeddings": True,
    "transformers_version": "4.51.0",
}  # fmt: skip
SPARSE = {
    "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3",
    "torch_dtype": "bfloat16", "hidden_size": 16, "intermediate_size": 24,
    "moe_intermediate_size": 8, "num_hidden_layers": 2, "first_k_dense_replace": 1,
    "num_attention_heads": 2, "q_lora_rank": 8, "kv_lora_rank": 8, "qk_nope_head_dim": 4,
    "qk_rope_head_dim": 4, "v_head_dim": 4, "n_routed_experts": 4, "num_experts_per_tok": 2,
    "n_shared_experts": 1, "vocab_size": 32, "tie_word_embeddings": False,
}  # fmt: skip
SEEING = {
    "architectures": ["LlavaForConditionalGeneration"], "model_type": "llava",
    "torch_dtype": "float16", "image_token_index": 31, "vision_feature_layer": -2,
    "vision_config": {"model_type": "clip_vision_model", "hidden_size": 8, "image_size": 8,
                      "intermediate_size": 12, "num_hidden_layers": 2, "num_attention_heads": 2,
                      "patch_size": 4},
    "text_config": {"model_type": "llama", "hidden_size": 16, "intermediate_size": 24,
                    "num_hidden_layers": 1, "num_attention_heads": 4, "vocab_size": 32},
}  # fmt: skip
STRANGER = {"architectures": ["StrangerForCausalLM"], "model_type": "stranger",
            "torch_dtype": "float16", "hidden_size": 16, "num_hidden_layers": 2,
            "num_attention_heads": 4, "vocab_size": 32}  # fmt: skip


def pack(tensors: Mapping[str, TensorType]) -> bytes:
    """A safetensors file of zeros."""
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, tensor in tensors.items():
        size = tensor.byte_size or 0
        entries[name] = {
            "dtype": WORDS[tensor.element_type or ""],
            "shape": list(tensor.shape or ()),
            "data_offsets": [at, at + size],
        }
        at += size
    header = json.dumps(entries, separators=(",", ":")).encode()
    return len(header).to_bytes(8, "little") + header + bytes(at)


def list_tensors(config: Mapping[str, Any]) -> dict[str, TensorType]:
    """The tensors of a configuration by their names."""
    graph = HuggingFaceReader().read(Source("model", json.dumps(config).encode()))
    return {name: stored.type for name, stored in sorted(graph.body.stored.items())}


UNET = {"_class_name": "UNet2DConditionModel", "sample_size": 8, "in_channels": 4,
        "out_channels": 4, "block_out_channels": [8, 16], "layers_per_block": 1,
        "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"], "norm_num_groups": 4,
        "cross_attention_dim": 12, "attention_head_dim": 2}  # fmt: skip
VAE = {"_class_name": "AutoencoderKL", "sample_size": 16, "block_out_channels": [4, 8],
       "layers_per_block": 1, "norm_num_groups": 2, "latent_channels": 4,
       "down_block_types": ["DownEncoderBlock2D"] * 2,
       "up_block_types": ["UpDecoderBlock2D"] * 2}  # fmt: skip
PIPELINE = {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.42.1",
            "scheduler": ["diffusers", "DDIMScheduler"],
            "tokenizer": ["transformers", "CLIPTokenizer"],
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderKL"]}  # fmt: skip
ADAPTER = {"peft_type": "LORA", "r": 2, "target_modules": ["q_proj"], "task_type": "CAUSAL_LM",
           "base_model_name_or_path": "org/base"}  # fmt: skip


def write(
    name: str,
    config: Mapping[str, Any],
    files: Mapping[str, bytes],
    configuration: str = "config.json",
) -> None:
    """A folder of a configuration and other files."""
    folder = HERE / "folders" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / configuration).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    for file, content in files.items():
        (folder / file).write_bytes(content)


def shard(tensors: Mapping[str, TensorType], count: int) -> dict[str, bytes]:
    """The same tensors in so many files, and their index."""
    names = list(tensors)
    files: dict[str, bytes] = {}
    shard_of: dict[str, str] = {}
    for number in range(count):
        file = f"model-{number + 1:05}-of-{count:05}.safetensors"
        part = {name: tensors[name] for name in names[number::count]}
        shard_of.update(dict.fromkeys(part, file))
        files[file] = pack(part)
    index = {"metadata": {}, "weight_map": shard_of}
    files["model.safetensors.index.json"] = json.dumps(index, indent=1).encode() + b"\n"
    return files


def main() -> None:
    """Write all of them."""
    dense = list_tensors(DENSE)
    (HERE / "tiny.safetensors").write_bytes(pack(dense))
    write("dense", DENSE, {"model.safetensors": pack(dense)})
    write("sharded", SPARSE, shard(list_tensors(SPARSE), 3))
    write("pipeline", PIPELINE, {}, "model_index.json")
    for part, config in (("unet", UNET), ("vae", VAE)):
        tensors = pack(list_tensors(config))
        write(f"pipeline/{part}", config, {"diffusion_pytorch_model.safetensors": tensors})
    sides = {"lora_A": (2, 16), "lora_B": (16, 2)}
    prefix = "base_model.model.model.layers.0.self_attn.q_proj."
    adapted = {f"{prefix}{side}.weight": TensorType("f32", s) for side, s in sides.items()}
    write("adapter", ADAPTER, {"adapter_model.safetensors": pack(adapted)}, "adapter_config.json")
    write("seeing", SEEING, {"model.safetensors": pack(list_tensors(SEEING))})
    write("stranger", STRANGER, {"model.safetensors": pack({"w": TensorType("f16", (3, 5))})})


if __name__ == "__main__":
    main()

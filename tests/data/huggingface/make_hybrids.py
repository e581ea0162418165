"""Write ``truth/hybrids.jsonl.xz``: small recurrent and hybrid decoders, as their classes count.

Needs torch and transformers, which the product does not: ``python make_hybrids.py``. Each model has
random weights, runs on the processor with eager attention, and is saved; of the file only what its
header says is kept.
"""

from __future__ import annotations

import json
import lzma
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LENGTHS = (24, 100)

COMMON = {
    "vocab_size": 96, "hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 4,
    "num_key_value_heads": 2, "intermediate_size": 48, "pad_token_id": 0, "bos_token_id": 1,
    "eos_token_id": 2,
}  # fmt: skip
EXPERTS = {"num_local_experts": 4, "num_experts": 4, "num_experts_per_tok": 2}
BAMBA = {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 6, "mamba_n_groups": 2,
         "mamba_chunk_size": 16, "mamba_expand": 2}  # fmt: skip
DELTA = {"linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 6,
         "linear_value_head_dim": 10}  # fmt: skip
KINDS = ["linear_attention", "linear_attention", "linear_attention", "full_attention"]

CASES: dict[str, dict[str, Any]] = {
    "bamba": {**BAMBA, "attn_layer_indices": [2]},
    "falcon_h1": {**BAMBA, "mamba_d_ssm": 64},
    "falcon_h1 with norm": {**BAMBA, "mamba_d_ssm": 64, "mamba_rms_norm": True,
                            "projectors_bias": True, "mamba_proj_bias": True},
    "falcon_mamba": {"state_size": 5, "num_key_value_heads": None},
    "granitemoehybrid": {**BAMBA, **EXPERTS, "shared_intermediate_size": 24,
                         "layer_types": KINDS},
    "jamba": {**EXPERTS, "mamba_d_state": 5, "mamba_dt_rank": 3, "attn_layer_period": 4,
              "attn_layer_offset": 2},
    "kimi_linear": {"layer_types": KINDS, "mlp_layer_types": ["dense", *["sparse"] * 3],
                    "linear_num_heads": 3, "linear_head_dim": 8, "kv_lora_rank": 12,
                    "qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 6,
                    "num_experts": 4, "num_experts_per_token": 2, "moe_intermediate_size": 20,
                    "num_shared_experts": 1, "num_key_value_heads": 4},
    "lfm2": {"layer_types": ["conv", "conv", "full_attention", "conv"], "block_multiple_of": 8},
    "lfm2_moe": {"layer_types": ["conv", "conv", "full_attention", "conv"], "num_dense_layers": 2,
                 "moe_intermediate_size": 20, **EXPERTS},
    "mamba": {"state_size": 5, "num_key_value_heads": None},
    "mamba2": {"state_size": 6, "num_heads": 8, "head_dim": 8, "n_groups": 2, "chunk_size": 16,
               "num_key_value_heads": None},
    "minimax": {**EXPERTS, "head_dim": 8, "block_size": 16,
                "layer_types": ["linear_attention", "full_attention"] * 2},
    "nemotron_h": {"layers_block_type": ["mamba", "moe", "attention", "mamba"], "head_dim": 8,
                   "mamba_num_heads": 8, "mamba_head_dim": 8, "n_groups": 2, "ssm_state_size": 6,
                   "chunk_size": 16, "n_routed_experts": 4, "num_experts_per_tok": 2,
                   "moe_intermediate_size": 20, "moe_shared_expert_intermediate_size": 24},
    "olmo_hybrid": {**DELTA, "linear_num_key_heads": 4, "linear_value_head_dim": 6,
                    "layer_types": KINDS, "num_key_value_heads": 4},
    "qwen3_next": {**DELTA, **EXPERTS, "moe_intermediate_size": 20, "head_dim": 8,
                   "shared_expert_intermediate_size": 24, "layer_types": KINDS},
    "recurrent_gemma": {"lru_width": 32, "attention_window_size": 64},
    "rwkv": {"attention_hidden_size": 32, "num_key_value_heads": None},
    "xlstm": {"num_heads": 4, "chunk_size": 16, "num_key_value_heads": None, "hidden_size": 128,
              "num_hidden_layers": 2},
    "zamba": {"attention_head_dim": 16, "attention_hidden_size": 64, "mamba_d_state": 5,
              "mamba_dt_rank": 3, "num_key_value_heads": 4, "num_hidden_layers": 5,
              "layers_block_type": [*["linear_attention"] * 2, "hybrid", "linear_attention",
                                    "hybrid"]},
    "zamba2": {"n_mamba_heads": 4, "mamba_d_state": 6, "mamba_ngroups": 2, "chunk_size": 16,
               "num_key_value_heads": 4, "num_hidden_layers": 5, "adapter_rank": 4,
               "num_mem_blocks": 2, "use_shared_attention_adapter": True, "use_mem_rope": True,
               "layers_block_type": ["linear_attention", *["hybrid"] * 3, "linear_attention"]},
    "gemma3n_text": {"head_dim": 8, "hidden_size_per_layer_input": 6, "laurel_rank": 5,
                     "vocab_size_per_layer_input": 90, "num_kv_shared_layers": 2,
                     "sliding_window": 32, "num_hidden_layers": 5,
                     "intermediate_size": [48] * 5,
                     "activation_sparsity_pattern": [0.9, *[0.0] * 4],
                     "layer_types": ["sliding_attention", "full_attention", "sliding_attention",
                                     "sliding_attention", "full_attention"]},
    "gemma4_text": {"head_dim": 8, "global_head_dim": 16, "hidden_size_per_layer_input": 6,
                    "vocab_size_per_layer_input": 96, "num_kv_shared_layers": 2,
                    "use_double_wide_mlp": True, "sliding_window": 32, "num_hidden_layers": 5,
                    "layer_types": ["sliding_attention", "full_attention", "sliding_attention",
                                    "sliding_attention", "full_attention"]},
    "afmoe": {**EXPERTS, "head_dim": 8, "moe_intermediate_size": 20, "num_dense_layers": 1,
              "num_shared_experts": 1, "sliding_window": 32},
    "apertus": {},
    "bitnet": {},
    "exaone_moe": {**EXPERTS, "head_dim": 8, "moe_intermediate_size": 20, "num_shared_experts": 1,
                   "sliding_window": 32, "mlp_layer_types": ["dense", *["sparse"] * 3]},
    "granite_swa": {"sliding_window": 32},
    "granitemoe_swa": {**EXPERTS, "sliding_window": 32},
    "hyperclovax": {"head_dim": 8},
    "jais2": {"head_dim": 8},
    "mellum": {**EXPERTS, "head_dim": 8, "moe_intermediate_size": 20},
    "nanochat": {},
    "openai-gpt": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128,
                   "hidden_size": None, "num_hidden_layers": None, "num_attention_heads": None,
                   "num_key_value_heads": None, "intermediate_size": None},
}  # fmt: skip
"""Settings by the model type, which is the first word."""


def build(word: str, settings: dict[str, Any]) -> Any:
    """A model of random weights."""
    from transformers import AutoModelForCausalLM
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    model_type = word.split()[0]
    merged = {k: v for k, v in {**COMMON, **settings}.items() if v is not None}
    config = CONFIG_MAPPING[model_type](**merged)
    config._attn_implementation = "eager"
    config._experts_implementation = "eager"
    return AutoModelForCausalLM.from_config(config).eval()


def count_macs(model: Any, length: int) -> int:
    """Half of the operations that torch counts."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    ids = torch.arange(length)[None] % 90 + 3
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(input_ids=ids, use_cache=False)
    return int(counter.get_total_flops()) // 2


def count_cache(model: Any, length: int) -> dict[str, int] | None:
    """Bytes of keys and values, and of states, behind so many tokens; None of unknown caches."""
    import torch

    ids = torch.arange(length)[None] % 90 + 3
    with torch.no_grad():
        result = model(input_ids=ids, use_cache=True)
    cache = getattr(result, "cache", None)
    if cache is None:
        cache = getattr(result, "past_key_values", None)
    if hasattr(cache, "rnn_state"):
        held = [t for states in cache.rnn_state.values() for t in states]
        return {"keys": 0, "states": sum(t.nbytes for t in held)}
    if not hasattr(cache, "layers"):
        states = getattr(result, "state", None)
        return None if states is None else {"keys": 0, "states": sum(t.nbytes for t in states)}
    sums = {"keys": 0, "states": 0}
    for layer in cache.layers:
        for name in ("keys", "values"):
            held = getattr(layer, name, None)
            sums["keys"] += held.nbytes if held is not None else 0
        for name in ("conv_states", "recurrent_states", "linear_cache"):
            held = getattr(layer, name, None)
            listed = held.values() if isinstance(held, dict) else [held]
            sums["states"] += sum(t.nbytes for t in listed if t is not None)
    for held in getattr(cache, "linear_cache", []):
        sums["states"] += held.nbytes if hasattr(held, "nbytes") else 0
    return sums


def read_header(model: Any) -> dict[str, list[Any]]:
    """Element types and shapes of the tensors that the model is saved with."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        content = (Path(folder) / "model.safetensors").read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    return {n: [t["dtype"], t["shape"]] for n, t in header.items() if n != "__metadata__"}


def measure(word: str, settings: dict[str, Any]) -> dict[str, Any]:
    """All that is kept of a model."""
    model = build(word, settings)
    config = json.loads(model.config.to_json_string(use_diff=False))
    config |= {"architectures": [type(model).__name__], "dtype": "float32"}
    kept = {
        name: value
        for name, value in config.items()
        if value is not None and name not in ("id2label", "label2id", "_name_or_path")
    }
    return {
        "word": word,
        "config": kept,
        "parameters": sum(p.numel() for p in model.parameters()),
        "macs": {str(length): count_macs(model, length) for length in LENGTHS},
        "cache": count_cache(model, LENGTHS[-1]),
        "tensors": read_header(model),
    }


def main() -> None:
    """Measure all of them."""
    lines = []
    for word, settings in CASES.items():
        found = measure(word, settings)
        lines.append(json.dumps(found, separators=(",", ":")))
        print(word, found["parameters"], found["macs"], found["cache"])
    (HERE / "truth" / "hybrids.jsonl.xz").write_bytes(lzma.compress("\n".join(lines).encode()))


if __name__ == "__main__":
    main()

"""Settings that stand in a configuration although the model's class has none of that name.

Recipes ask for a setting by all of the names that classes have for it, so that a stray one would be
believed. Whether a class reads one was tried with each of transformers 5.24.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from cyborg_rr.readers.huggingface.settings import Settings

_OWN_CODE: Final = frozenset({"exaone", "iquestcoder", "sarvam_mla", "sarvam_moe"})
"""Models that bring their own code: no class of transformers says what they read."""

_READ_BY: Final[Mapping[str, str]] = {
    "activation": "distilbert falcon",
    "attention_chunk_size": "llama4_text",
    "attention_head_dim": "zamba zamba2",
    "attn_logit_softcapping": "gemma2 gemma3_text vaultgemma",
    "ffn_hidden_size": "falcon",
    "final_logit_softcapping": "gemma2 gemma3_text gemma3n_text gemma4_text nanochat vaultgemma",
    "hidden_activation": (
        "gemma2 gemma3_text gemma3n_text gemma4_text gemma4_vision modernbert "
        "recurrent_gemma vaultgemma"
    ),
    "kv_channels": "jetmoe zamba2",
    "mlp_hidden_act": "nemotron_h",
    "num_kv_heads": "falcon",
    "sliding_window_size": "",
}
"""Names that few classes have, and which these are."""

_IGNORED_BY: Final[Mapping[str, str]] = {
    "activation_function": ("bloom distilbert esm falcon lfm2_moe openai-gpt"),
    "attention_bias": ("exaone_moe glm4v_text glm_ocr_text mixtral mllama_text_model"),
    "block_auto_adjust_ff_dim block_ff_dim": ("lfm2_moe"),
    "conv_pos_batch_norm feat_proj_layer_norm": ("data2vec-audio unispeech-sat wav2vec2 wavlm"),
    "d_model": ("distilbert"),
    "decoder_vocab_size share_encoder_decoder_embeddings": (
        "bart blenderbot blenderbot-small m2m_100 mbart pegasus"
    ),
    "experts_per_token n_routed_experts top_k_experts": ("ernie4_5_moe"),
    "ffn_dim": ("bloom codegen falcon gpt2 gpt_bigcode gpt_neo gptj openai-gpt"),
    "head_dim": ("biogpt bloom codegen gpt2 gpt_bigcode gpt_neo gptj mpt openai-gpt opt xglm"),
    "hidden_act": (
        "bart blenderbot blenderbot-small bloom codegen distilbert esm falcon gpt2 "
        "gpt_bigcode gpt_neo gptj lfm2_moe m2m_100 marian mbart openai-gpt opt pegasus "
        "whisper xglm"
    ),
    "intermediate_size": ("bloom codegen falcon gpt2 gpt_bigcode gptj openai-gpt opt xglm"),
    "linear_attention": ("pvt segformer"),
    "mlp_bias": (
        "afmoe apertus bitnet gemma gemma2 gemma3_text ministral3 mistral "
        "mllama_text_model olmo olmo2 olmo3 qwen2 qwen2_5_omni_text qwen2_5_vl_text "
        "qwen2_vl_text qwen3 qwen3_vl_text youtu"
    ),
    "n_embd": (
        "bart blenderbot blenderbot-small distilbert m2m_100 marian mbart mpt mt5 pegasus "
        "qwen2_5_omni_audio_encoder qwen2_audio_encoder qwen3_asr_encoder "
        "qwen3_omni_moe_audio_encoder t5 umt5 whisper xglm"
    ),
    "n_head": ("gpt_neo mpt"),
    "n_heads": ("bart blenderbot blenderbot-small m2m_100 marian mbart pegasus whisper"),
    "n_inner": ("bloom falcon gpt_neo openai-gpt"),
    "n_layer": ("distilbert gpt_neo mpt xglm"),
    "n_positions": ("gpt_neo"),
    "n_shared_experts": ("exaone_moe mellum"),
    "num_channels": (
        "blip_2_vision_model instructblip_vision_model instructblipvideo_vision_model"
    ),
    "num_experts": ("deepseek_v3 glm4_moe glm4_moe_lite glm4v_moe_text qwen3_5_text solar_open"),
    "num_heads": ("mpt"),
    "num_key_value_heads": (
        "biogpt bloom codegen falcon glm4v_moe_vision glm4v_vision glm_ocr_vision gpt2 "
        "gpt_neo gpt_neox gptj mpt openai-gpt opt qwen2_5_omni_vision_encoder "
        "qwen2_5_vl_vision qwen2_vl_vision qwen3_5_vision qwen3_omni_moe_vision_encoder "
        "qwen3_vl_moe_vision qwen3_vl_vision xglm"
    ),
    "num_layers": ("distilbert mpt"),
    "num_local_experts": ("deepseek_v2 ernie4_5_moe qwen2_moe qwen3_5_moe_text qwen3_5_text"),
    "qkv_bias": ("beit data2vec-vision segformer"),
    "shared_expert_intermediate_size": ("qwen3_moe qwen3_vl_moe_text"),
    "shared_intermediate_size": ("granitemoe"),
    "use_mask_token": ("dinov2_with_registers"),
    "use_qk_norm": ("cohere2 glm4v_moe_text minimax_m2 solar_open"),
    "use_routing_bias": ("minimax_m2"),
}
"""Names that many classes have, and of the others those that would be asked for them."""


def drop_ignored(settings: Settings) -> Settings:
    """The same without what the class of its model type ignores."""
    model_type = settings.text("model_type")
    ignored = _list_ignored(model_type) if model_type and model_type not in _OWN_CODE else ()
    if not any(name in settings.stated for name in ignored):
        return settings
    kept = {name: value for name, value in settings.stated.items() if name not in ignored}
    return Settings(kept, settings.outer, settings.assumed)


@cache
def _tabulate() -> Mapping[str, frozenset[str]]:
    """What stands in ``_IGNORED_BY``, by the model type."""
    found: dict[str, set[str]] = {}
    for names, types in _IGNORED_BY.items():
        for model_type in types.split():
            found.setdefault(model_type, set()).update(names.split())
    return {model_type: frozenset(names) for model_type, names in found.items()}


def _list_ignored(model_type: str) -> frozenset[str]:
    seldom = {name for name, types in _READ_BY.items() if model_type not in types.split()}
    return _tabulate().get(model_type, frozenset()) | seldom

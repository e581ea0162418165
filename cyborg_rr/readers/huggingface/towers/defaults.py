"""What configurations of towers leave out: the defaults of the classes of transformers, and those
that a model has for its parts (``configuration_*.py`` of each model).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cyborg_rr.readers.huggingface.recipes.defaults import DEFAULTS as TEXT_DEFAULTS
from cyborg_rr.readers.huggingface.recipes.ignoring import drop_ignored
from cyborg_rr.readers.huggingface.settings import Settings

Stated = Mapping[str, Any]


def _sizes(hidden: int, inner: int, layers: int, heads: int, **more: Any) -> dict[str, Any]:
    return {"hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": layers,
            "num_attention_heads": heads, **more}  # fmt: skip


_BLIP = _sizes(1408, 6144, 39, 16, image_size=224, patch_size=14, qkv_bias=True)
_QFORMER = _sizes(768, 3072, 12, 12, vocab_size=30522, cross_attention_frequency=2,
                  encoder_hidden_size=1408, max_position_embeddings=512)  # fmt: skip
_IDEFICS3 = _sizes(1152, 3072, 12, 16, image_size=224, patch_size=32)
_QWEN3 = {
    "hidden_size": 1152, "intermediate_size": 4304, "depth": 27, "num_heads": 16,
    "patch_size": 16, "in_channels": 3, "temporal_patch_size": 2, "spatial_merge_size": 2,
    "out_hidden_size": 3584, "num_position_embeddings": 2304,
}  # fmt: skip
_AUDIO = {
    "num_mel_bins": 128, "d_model": 1280, "encoder_layers": 32, "encoder_attention_heads": 20,
    "encoder_ffn_dim": 5120, "max_source_positions": 1500,
}  # fmt: skip
_MERGED = {"in_channels": 3, "patch_size": 14, "temporal_patch_size": 2, "spatial_merge_size": 2}
_RATIOS = [[1, 1], [1, 2], [1, 3], [1, 4], [2, 1], [2, 2], [3, 1], [4, 1]]

_BY_TYPE: Final[Mapping[str, Stated]] = MappingProxyType(
    {
        **TEXT_DEFAULTS,
        "clip_vision_model": _sizes(768, 3072, 12, 12, image_size=224, patch_size=32),
        "siglip_vision_model": _sizes(768, 3072, 12, 12, image_size=224, patch_size=16),
        "pixtral": _sizes(1024, 4096, 24, 16, image_size=1024, patch_size=16),
        "internvl_vision": _sizes(1024, 4096, 24, 16, image_size=[448, 448], patch_size=[14, 14]),
        "idefics2_vision": _sizes(768, 3072, 12, 12, image_size=224, patch_size=32),
        "idefics2_perceiver": {
            "hidden_size": 4096, "num_key_value_heads": 4, "resampler_n_latents": 64,
            "resampler_depth": 3, "resampler_n_heads": 16, "resampler_head_dim": 96,
        },
        "idefics3_vision": _IDEFICS3,
        "smolvlm_vision": _IDEFICS3,
        "mllama_vision_model": {
            "hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32,
            "attention_heads": 16, "num_global_layers": 8, "image_size": 448, "patch_size": 14,
            "max_num_tiles": 4, "intermediate_layers_indices": [3, 7, 15, 23, 30],
            "vision_output_dim": 7680, "supported_aspect_ratios": _RATIOS,
        },
        "mllama_text_model": {
            **_sizes(4096, 14336, 40, 32, num_key_value_heads=8, vocab_size=128256),
            "cross_attention_layers": [3, 8, 13, 18, 23, 28, 33, 38],
        },
        "llama4_vision_model": {
            **_sizes(768, 5632, 34, 16, image_size=448, patch_size=14),
            "vision_output_dim": 7680, "projector_input_dim": 4096, "projector_output_dim": 4096,
            "pixel_shuffle_ratio": 0.5,
        },
        "blip_2_vision_model": _BLIP,
        "instructblip_vision_model": _BLIP,
        "instructblipvideo_vision_model": _BLIP,
        "instructblipvideo_qformer": _QFORMER,
        "blip_2_qformer": _QFORMER,
        "instructblip_qformer": _QFORMER,
        "qwen2_vl": {**_MERGED, "depth": 32, "embed_dim": 1280, "hidden_size": 3584,
                     "num_heads": 16, "mlp_ratio": 4},
        "qwen2_5_vl": {
            **_MERGED, "depth": 32, "hidden_size": 3584, "intermediate_size": 3420,
            "num_heads": 16, "out_hidden_size": 3584, "window_size": 112,
            "fullatt_block_indexes": [7, 15, 23, 31],
        },
        "qwen3_vl": {**_QWEN3, "deepstack_visual_indexes": [8, 16, 24]},
        "qwen3_vl_moe": {**_QWEN3, "deepstack_visual_indexes": [8, 16, 24]},
        "qwen3_5": _QWEN3,
        "qwen3_5_moe": _QWEN3,
        "glm4v": {
            **_MERGED, "depth": 24, "hidden_size": 1536, "intermediate_size": 13696,
            "num_heads": 12, "out_hidden_size": 4096, "image_size": 336,
        },
        "qwen2_5_omni_thinker": {
            **_MERGED, "depth": 32, "hidden_size": 1280, "intermediate_size": 3420,
            "num_heads": 16, "out_hidden_size": 3584, "window_size": 112,
            "fullatt_block_indexes": [7, 15, 23, 31],
        },
        "qwen2_5_omni_audio_encoder": _AUDIO,
        "qwen3_omni_moe_thinker": {**_QWEN3, "deepstack_visual_indexes": [8, 16, 24]},
        "qwen3_omni_moe_audio_encoder": _AUDIO,
        "qwen3_asr_encoder": _AUDIO,
        "glmasr_encoder": _sizes(1280, 5120, 32, 20, num_mel_bins=128),
        "audioflamingo3_encoder": _sizes(1280, 5120, 32, 20, num_mel_bins=128,
                                         max_source_positions=1500),
        "exaone4_5": {
            **_MERGED, "depth": 32, "hidden_size": 3584, "intermediate_size": 3420,
            "num_heads": 16, "out_hidden_size": 3584, "window_size": 112,
            "fullatt_block_indexes": [7, 15, 23, 31],
        },
        "glm_ocr": {
            **_MERGED, "depth": 24, "hidden_size": 1024, "intermediate_size": 4096,
            "num_heads": 16, "out_hidden_size": 1536, "image_size": 336,
        },
        "ovis2_vision": _sizes(1024, 2816, 24, 8, image_size=224, patch_size=14, hidden_stride=1,
                               vocab_size=16384),
        "gemma4_vision": _sizes(768, 3072, 16, 12, num_key_value_heads=12, head_dim=64,
                                patch_size=16),
        "qwen2_audio_encoder": _AUDIO,
        "voxtral_encoder": _sizes(1280, 5120, 32, 20, num_mel_bins=128, max_source_positions=1500),
        "video_llama_3_vision": _sizes(768, 3072, 12, 12, patch_size=16),
        "paddleocr_vl_vision": _sizes(1152, 4304, 27, 16, image_size=384, patch_size=14,
                                      spatial_merge_size=2),
        "siglip2_vision_model": _sizes(768, 3072, 12, 12, patch_size=16, num_patches=256),
        "janus_vision_model": {
            "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
            "image_size": 384, "patch_size": 16, "mlp_ratio": 4.0, "depth": 2,
            "projection_dim": 2048,
        },
        "git_vision_model": _sizes(768, 3072, 12, 12, image_size=224, patch_size=16),
    }
)  # fmt: skip

_LLAVA_VISION = _sizes(1024, 4096, 24, 16, patch_size=14, image_size=336)
_LLAVA = {"vision_config": ("clip_vision_model", _LLAVA_VISION), "text_config": ("llama", {})}

Parts = Mapping[str, tuple[str, Stated]]

_BY_MODEL: Final[Mapping[str, Parts]] = MappingProxyType(
    {
        "llava": _LLAVA,
        "llava_next": _LLAVA,
        "llava_next_video": _LLAVA,
        "vipllava": _LLAVA,
        "video_llava": {
            **_LLAVA, "vision_config": ("clip_vision_model", {**_LLAVA_VISION, "image_size": 224})
        },
        "llava_onevision": {
            "vision_config": ("siglip_vision_model", _sizes(
                1152, 4304, 26, 16, patch_size=14, image_size=384, vision_use_head=False)),
            "text_config": ("qwen2", {}),
        },
        "aya_vision": {
            "vision_config": ("siglip_vision_model", _sizes(
                1152, 4304, 26, 14, patch_size=14, image_size=384, vision_use_head=False)),
            "text_config": ("cohere2", {}),
        },
        "cohere2_vision": {
            "vision_config": ("siglip_vision_model", _sizes(1152, 3072, 27, 12, image_size=512)),
            "text_config": ("cohere2", {}),
        },
        "gemma3": {"vision_config": ("siglip_vision_model", {}),
                   "text_config": ("gemma3_text", {})},
        "paligemma": {
            "vision_config": ("siglip_vision_model", _sizes(
                1152, 4096, 27, 16, patch_size=14, image_size=224, vision_use_head=False)),
            "text_config": ("gemma", {}),
        },
        "idefics2": {"vision_config": ("idefics2_vision", {}), "text_config": ("mistral", {}),
                     "perceiver_config": ("idefics2_perceiver", {})},
        "idefics3": {"vision_config": ("idefics3_vision", {}), "text_config": ("llama", {})},
        "smolvlm": {"vision_config": ("smolvlm_vision", {}), "text_config": ("llama", {})},
        "mistral3": {
            "vision_config": ("pixtral", _sizes(1024, 4096, 24, 16, patch_size=14, head_dim=64)),
            "text_config": ("mistral", {}),
        },
        "lighton_ocr": {
            "vision_config": ("pixtral", _sizes(1024, 4096, 24, 16, patch_size=14, head_dim=64)),
            "text_config": ("qwen3", {}),
        },
        "internvl": {"vision_config": ("internvl_vision", {}), "text_config": ("qwen2", {})},
        "mllama": {"vision_config": ("mllama_vision_model", {}),
                   "text_config": ("mllama_text_model", {})},
        "llama4": {"vision_config": ("llama4_vision_model", {}),
                   "text_config": ("llama4_text", {})},
        "blip-2": {"vision_config": ("blip_2_vision_model", {}),
                   "qformer_config": ("blip_2_qformer", {}), "text_config": ("opt", {})},
        "instructblip": {"vision_config": ("instructblip_vision_model", {}),
                         "qformer_config": ("instructblip_qformer", {}),
                         "text_config": ("opt", {})},
        "instructblipvideo": {"vision_config": ("instructblip_vision_model", {}),
                              "qformer_config": ("instructblip_qformer", {}),
                              "text_config": ("opt", {})},
        "qwen2_audio": {"audio_config": ("qwen2_audio_encoder", {}), "text_config": ("qwen2", {})},
        "voxtral": {"audio_config": ("voxtral_encoder", {}), "text_config": ("llama", {})},
        "deepseek_vl": {"vision_config": ("siglip_vision_model", {}),
                        "text_config": ("llama", {})},
        "video_llama_3": {"vision_config": ("video_llama_3_vision", {}),
                          "text_config": ("qwen2", {})},
        "paddleocr_vl": {"vision_config": ("paddleocr_vl_vision", {}),
                         "text_config": ("paddleocr_vl_text", {})},
        "gemma4": {"vision_config": ("gemma4_vision", {}), "text_config": ("gemma4_text", {})},
        "audioflamingo3": {"audio_config": ("audioflamingo3_encoder", {}),
                           "text_config": ("qwen2", {})},
        "glmasr": {"audio_config": ("glmasr_encoder", {}), "text_config": ("llama", {})},
        "qwen3_asr": {"audio_config": ("qwen3_asr_encoder", {}), "text_config": ("qwen3", {})},
        "qwen3_omni_moe_thinker": {"audio_config": ("qwen3_omni_moe_audio_encoder", {}),
                                   "vision_config": ("qwen3_omni_moe_vision_encoder", {})},
        "ovis2": {"vision_config": ("ovis2_vision", {}), "text_config": ("qwen2", {})},
        "git": {"vision_config": ("git_vision_model", {})},
        "qwen2_5_omni_thinker": {"audio_config": ("qwen2_5_omni_audio_encoder", {}),
                                 "vision_config": ("qwen2_5_omni_vision_encoder", {}),
                                 "text_config": ("qwen2_5_omni_text", {})},
        "lfm2_vl": {"vision_config": ("siglip2_vision_model", {}), "text_config": ("lfm2", {})},
    }
)  # fmt: skip


def enter_part(settings: Settings, name: str) -> Settings | None:
    """A part's settings with what stands for those left out; None where the model has no such part.

    A part that is not stated at all has its defaults where a model has these for it.
    """
    model = settings.text("model_type")
    found = settings.enter(name)
    usual, defaults = _BY_MODEL.get(model, {}).get(name, ("", {}))
    if found is None:
        if not usual:
            return None
        found = Settings({}, settings)
    stated = found.text("model_type") or usual
    own = _BY_TYPE.get(model, {}) if name == "vision_config" else {}
    base: Stated = _BY_TYPE.get(stated, {})
    special = defaults if stated == usual else {}
    return drop_ignored(found.fill({**base, **own, **special, "model_type": stated}))

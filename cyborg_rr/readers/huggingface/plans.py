"""From a configuration to the plan of its model, where its architecture is known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.joining import Joined
from cyborg_rr.readers.architectures.plans import Decoder, Encoder
from cyborg_rr.readers.architectures.sketching import Sketch
from cyborg_rr.readers.huggingface.recipes import (
    bert_kin,
    decoders,
    early_decoders,
    encoders,
    expert_decoders,
    further_decoders,
    gemma4,
    later_decoders,
    pairs,
    recurrent_decoders,
)
from cyborg_rr.readers.huggingface.recipes.decoders import Recipe
from cyborg_rr.readers.huggingface.recipes.defaults import DEFAULTS
from cyborg_rr.readers.huggingface.recipes.heads import name_class, put_head
from cyborg_rr.readers.huggingface.recipes.hybrids import decoders as hybrid_decoders
from cyborg_rr.readers.huggingface.recipes.hybrids import gemma3n, zamba
from cyborg_rr.readers.huggingface.recipes.ignoring import drop_ignored
from cyborg_rr.readers.huggingface.recipes.seldom import encoders as seldom_encoders
from cyborg_rr.readers.huggingface.recipes.seldom import (
    experts,
    few_kin,
    pair_decoders,
    t5_kin,
)
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.table import find_sketch
from cyborg_rr.readers.huggingface.towers import texts
from cyborg_rr.readers.huggingface.towers.defaults import enter_part
from cyborg_rr.readers.huggingface.towers.table import join_towers
from cyborg_rr.readers.huggingface.towers.tiled import count_positions

RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        **decoders.RECIPES,
        **early_decoders.RECIPES,
        **expert_decoders.RECIPES,
        **recurrent_decoders.RECIPES,
        **gemma4.RECIPES,
        **later_decoders.RECIPES,
        **further_decoders.RECIPES,
        **hybrid_decoders.RECIPES,
        **zamba.RECIPES,
        **few_kin.RECIPES,
        **experts.RECIPES,
        **texts.RECIPES,
    }
)

ENCODERS: Final[Mapping[str, encoders.Recipe]] = MappingProxyType(
    {
        **encoders.RECIPES,
        **bert_kin.RECIPES,
        **pairs.RECIPES,
        **t5_kin.RECIPES,
        **seldom_encoders.RECIPES,
    }
)

_OF_TEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "qwen2_vl_text": "qwen2",
        "qwen2_5_vl_text": "qwen2",
        "qwen3_vl_text": "qwen3",
        "gemma4_unified_text": "gemma4_text",
    }
)
"""The parts for text of models of text and images, where they stand alone."""

_WITHIN: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "qwen2_vl": ("qwen2", ""),
        "qwen2_5_vl": ("qwen2", ""),
        "qwen3_vl": ("qwen3", "model.language_model."),
        "qwen3_vl_moe": ("qwen3_vl_moe_text", "model.language_model."),
        "qwen3_5": ("qwen3_5_text", "model.language_model."),
        "qwen3_5_moe": ("qwen3_5_moe_text", "model.language_model."),
        "llava": ("", "language_model."),
        "llama4": ("llama4_text", "language_model."),
        "gemma4": ("gemma4_text", "model.language_model."),
        "gemma3": ("gemma3_text", "language_model."),
        "mistral3": ("", "language_model."),
        "llava_next": ("", "language_model."),
        "llava_next_video": ("", "language_model."),
        "llava_onevision": ("", "language_model."),
        "vipllava": ("", "language_model."),
        "video_llava": ("", "language_model."),
        "internvl": ("", "language_model."),
        "paligemma": ("", "language_model."),
        "aya_vision": ("", "language_model."),
        "cohere2_vision": ("", "language_model."),
        "blip-2": ("", "language_model."),
        "audioflamingo3": ("", "language_model."),
        "deepseek_vl": ("", "model.language_model."),
        "exaone4_5": ("", "model.language_model."),
        "glmasr": ("", "language_model."),
        "glm_ocr": ("glm_ocr_text", "model.language_model."),
        "ovis2": ("", "model.language_model."),
        "qwen3_asr": ("", "model.language_model."),
        "qwen3_omni_moe_thinker": ("qwen3_moe", ""),
        "git": ("git_text", ""),
        "glm46v": ("", "model.language_model."),
        "idefics2": ("", "model.text_model."),
        "instructblip": ("", "language_model."),
        "instructblipvideo": ("", "language_model."),
        "mllama": ("mllama_text_model", "language_model."),
        "paddleocr_vl": ("ernie4_5", ""),
        "qwen2_5_omni_thinker": ("qwen2", ""),
        "video_llama_3": ("", "model.language_model."),
        "glm4v": ("glm4v_text", "model.language_model."),
        "glm4v_moe": ("glm4v_moe_text", "model.language_model."),
        "janus": ("", "model.language_model."),
        "lfm2_vl": ("", "model.language_model."),
        "lighton_ocr": ("", "model.language_model."),
        "qwen2_audio": ("", "language_model."),
        "voxtral": ("", "language_model."),
        "idefics3": ("", "model.text_model."),
        "smolvlm": ("", "model.text_model."),
        "granite_speech": ("", "model.language_model."),
        "granite_speech_plus": ("", "model.language_model."),
        "musicflamingo": ("", "model.language_model."),
        "vibevoice_asr": ("", "model.language_model."),
        "moss_transcribe_diarize": ("", "model.language_model."),
        "omniasr": ("", "model.language_model."),
        "fuyu": ("", "model.language_model."),
        "gemma4_unified": ("gemma4_text", "model.language_model."),
        "aria": ("aria_text", "model.language_model."),
        "apertus1p5": ("apertus1p5_text", "model.language_model."),
        "cosmos3_omni": ("qwen3", "model.language_model."),
        "deepseek_vl_hybrid": ("", "model.language_model."),
        "fast_vlm": ("", "model.language_model."),
        "glmga": ("glm4v_text", "model.language_model."),
        "got_ocr2": ("", "model.language_model."),
        "pp_chart2table": ("", "model.language_model."),
        "hyperclovax_vision_v2": ("", "model.language_model."),
        "kimi_k25": ("", "model.language_model."),
        "lfm3_vl": ("", "model.language_model."),
        "minicpm_ocr": ("", "model.language_model."),
        "minicpmv4_6": ("", "model.language_model."),
        "minicpmv4_7": ("", "model.language_model."),
        "qianfan_ocr": ("", "model.language_model."),
    }
)
_TILED: Final = "mllama"
"""Whose layers of the text attend to all tiles of an image."""

_OF_TEXT_ALONE: Final = frozenset({"MllamaForCausalLM"})
"""Classes of the part for text whose configuration states the other parts all the same, and whose
layers that attend to images do not run."""

_PREFIXES: Final = ("model.language_model.", "language_model.", "model.text_model.", "")
"""Models of text and images: the model type of their text (empty: as stated), and what stands in
front of its names in what publishers keep."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of a model, or of its part that takes text where it has further ones.

    ``elsewhere`` is the same plan under other names, which publishers have given with time.
    ``joined`` is the plan of the text with what stands beside it, where that is known here.
    """

    plan: Decoder | Encoder | Sketch
    is_whole: bool = True
    elsewhere: tuple[Decoder, ...] = ()
    joined: Joined | None = None


_INSIDE: Final[Mapping[str, str]] = MappingProxyType(
    {"qwen2_5_omni": "thinker_config", "qwen3_omni_moe": "thinker_config"}
)
"""Models with parts that speak, and what states the part that understands."""


def find_plan(settings: Settings) -> Planned | None:
    """The plan of a model; None where no recipe is for its model type."""
    model_type = settings.text("model_type")
    inside = settings.enter(_INSIDE.get(model_type, ""))
    if inside is not None:
        named = {"architectures": settings.find("architectures"),
                  "model_type": f"{model_type}_thinker"}  # fmt: skip
        return _find_understanding(inside.fill(named))
    model_type = _OF_TEXT.get(model_type, model_type)
    settings = drop_ignored(settings).fill(DEFAULTS.get(model_type, {}))
    streams = gemma3n.find_streams(settings)
    if streams is not None:
        return Planned(streams[0], is_whole=streams[1])
    if model_type in pair_decoders.RECIPES:
        alone = pair_decoders.RECIPES[model_type](settings)
        if alone is not None:
            return Planned(alone)
    if model_type in RECIPES:
        decoder = put_head(settings, RECIPES[model_type](settings))
        return None if decoder is None else Planned(decoder)
    word = model_type or settings.text("_class_name")
    draw = find_sketch(word)
    if draw is not None:
        sketch = draw(settings)
        return None if sketch is None else Planned(sketch)
    recipe_of_encoder = ENCODERS.get(model_type)
    if recipe_of_encoder is not None:
        encoder = recipe_of_encoder(settings)
        return None if encoder is None else Planned(encoder)
    if model_type not in _WITHIN or name_class(settings) in _OF_TEXT_ALONE:
        return None
    stated, prefix = _WITHIN[model_type]
    inner = enter_part(settings, "text_config") or settings
    inner_type = inner.text("model_type") or "llama"
    inner = inner.fill(DEFAULTS.get(inner_type, {}))
    if settings.find("tie_word_embeddings") is not None:
        inner = Settings({**inner.stated, "tie_word_embeddings": settings.is_tied(True)}, settings)
    recipe = RECIPES.get(stated or inner_type)
    if recipe is None:
        return None
    headed = put_head(inner, recipe(inner), settings)
    if headed is None:
        return None
    vision = enter_part(settings, "vision_config")
    if model_type == _TILED and vision is not None:
        headed = replace(headed, source_positions=count_positions(vision))
    plan = _prefix(headed, prefix)
    elsewhere = tuple(_prefix(headed, other) for other in _PREFIXES if other != prefix)
    joined = join_towers(settings, plan)
    return Planned(plan, False, elsewhere, joined)


def _find_understanding(settings: Settings) -> Planned | None:
    """The plan of the part that takes text, images and sounds, beside those that speak."""
    planned = find_plan(settings)
    if planned is None or planned.joined is None:
        return planned
    return replace(planned, joined=replace(planned.joined, whole=False))


def _prefix(plan: Decoder, prefix: str) -> Decoder:
    """The plan with its names behind a prefix; one that ends in ``model.`` takes the place of it.

    The scores stand outside of what a ``model.`` holds.
    """
    if not prefix:
        return plan
    inside = prefix.startswith("model.")

    def under(name: str) -> str:
        return prefix + (name.removeprefix("model.") if inside else name)

    return replace(
        plan,
        embedding=under(plan.embedding),
        layer_prefix=under(plan.layer_prefix),
        final_norm=under(plan.final_norm),
        head=plan.head if inside or not plan.head else prefix + plan.head,
    )

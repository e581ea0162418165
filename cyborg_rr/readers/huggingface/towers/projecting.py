"""Projectors: from vectors of a tower to vectors as wide as the text, model by model.

Names: ``modeling_*.py`` of each model in transformers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.plans import Activation
from cyborg_rr.readers.architectures.towers import (
    Dense,
    Gate,
    Join,
    Keep,
    Norm,
    Pool,
    Skip,
    Step,
)
from cyborg_rr.readers.huggingface.recipes.parts import find_activation, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.towers.drafts import find_ratio
from cyborg_rr.readers.huggingface.towers.images import count_patches

Steps = tuple[Step, ...]
_DEEPEST: Final = 64


def project_twice(settings: Settings, vision: Settings, outer: int) -> Steps:
    """Llava and what follows it: two products."""
    bias = settings.flag("multimodal_projector_bias", default=True)
    kind = _find_between(settings)
    pair = (Dense("linear_1", outer, bias, kind), Dense("linear_2", outer, bias))
    return (*skip_class(settings, vision), *pair)


def _find_between(settings: Settings) -> Activation:
    word = settings.text("projector_hidden_act") or "gelu"
    return find_activation(Settings({"hidden_act": word}), "gelu")


def skip_class(settings: Settings, vision: Settings) -> Steps:
    """The vector of the class is left out where the model says so."""
    default = settings.text("vision_feature_select_strategy") or "default"
    if settings.text("model_type") in ("llava_onevision", "aya_vision"):
        default = settings.text("vision_feature_select_strategy") or "full"
    return (Skip(1),) if default == "default" else ()


def project_with_newline(settings: Settings, vision: Settings, outer: int) -> Steps:
    """Llava of tiles; a learnt vector ends each row of an image."""
    return (
        *project_twice(settings, vision, outer),
        Keep((("image_newline", (outer,)),), outside=True),
    )


def project_many(settings: Settings, vision: Settings, outer: int) -> Steps:
    """VipLlava: several layers side by side."""
    kind = _find_between(settings)
    return (Skip(1), Norm("projector_layernorm"), Dense("linear_1", outer, True, kind),
            Dense("linear_2", outer))  # fmt: skip


def project_shuffled(settings: Settings, vision: Settings, outer: int) -> Steps:
    """InternVL: neighbours joined, then two products."""
    count = int(1 / find_ratio(settings, "downsample_ratio", 0.5)) ** 2
    return (Skip(1), Join(count), Norm("layer_norm"),
            Dense("linear_1", outer, True, _find_between(settings)),
            Dense("linear_2", outer))  # fmt: skip


def project_gated(settings: Settings, vision: Settings, outer: int) -> Steps:
    """Aya Vision and Command A Vision: neighbours joined, one half gates the other."""
    factor = settings.count("downsample_factor", default=2)
    aya = settings.text("model_type") == "aya_vision"
    inner = settings.count("alignment_intermediate_size", default=outer if aya else 36864)
    norm: Steps = (Norm("layernorm"),) if aya else ()
    joined = (*skip_class(settings, vision),) if aya else ()
    return (*joined, Join(factor**2), *norm, Dense("linear_1", inner), Gate(),
            Dense("linear_2", outer))  # fmt: skip


def project_pooled(settings: Settings, vision: Settings, outer: int) -> Steps:
    """Gemma 3: the mean of neighbours, a norm, one product."""
    tokens = settings.count("mm_tokens_per_image", default=256)
    patches = count_patches(vision)
    if not tokens or patches % tokens:
        raise UnreadableModel(
            f"config.json: {patches} patches are not pooled to mm_tokens_per_image {tokens}"
        )
    return (Pool(patches // tokens), Norm("mm_soft_emb_norm", "rms"),
            Dense("mm_input_projection_weight", outer, False, bare=True))  # fmt: skip


def project_once(settings: Settings, vision: Settings, outer: int) -> Steps:
    """PaliGemma: one product."""
    width = settings.count("projection_dim", default=outer)
    return (Dense("linear", width),)


def project_audio(settings: Settings, audio: Settings, outer: int) -> Steps:
    """Qwen2-Audio: one product."""
    return (Dense("linear", outer),)


def project_heard(settings: Settings, audio: Settings, outer: int) -> Steps:
    """Audio Flamingo 3: two products."""
    bias = settings.flag("projector_bias", default=True)
    return (Dense("linear_1", outer, bias, _find_between(settings)),
            Dense("linear_2", outer, bias))  # fmt: skip


def project_transcribed(settings: Settings, audio: Settings, outer: int) -> Steps:
    """Qwen3-ASR: two products, the first as wide as the encoder, the second as it states."""
    width, made = find_hidden(audio), audio.count("output_dim", default=outer)
    return (Dense("linear_1", width, True, "gelu"), Dense("linear_2", made))


def project_turned(settings: Settings, audio: Settings, outer: int) -> Steps:
    """GLM-ASR: that of Voxtral, twice as wide between, with biases."""
    count = audio.count("intermediate_size") // find_hidden(audio)
    return (Join(count), Dense("linear_1", 2 * outer, True, _find_between(settings)),
            Dense("linear_2", outer))  # fmt: skip


def project_joined_audio(settings: Settings, audio: Settings, outer: int) -> Steps:
    """Voxtral: so many vectors as fill the width between, then two products."""
    count = audio.count("intermediate_size") // find_hidden(audio)
    return (Join(count), Dense("linear_1", outer, False, _find_between(settings)),
            Dense("linear_2", outer, False))  # fmt: skip


def project_connected(settings: Settings, vision: Settings, outer: int) -> Steps:
    """Idefics 3 and SmolVLM: neighbours joined, one product."""
    factor = settings.count("scale_factor", default=2)
    return (Join(factor**2), Dense("modality_projection.proj", outer, False))


def project_merged(settings: Settings, vision: Settings, outer: int) -> Steps:
    """Mistral 3: neighbours joined and made as narrow as one, then two products."""
    bias = settings.flag("multimodal_projector_bias")
    count = settings.count("spatial_merge_size", default=2) ** 2
    return (Norm("norm", "rms"), Join(count),
            Dense("patch_merger.merging_layer", find_hidden(vision), False),
            Dense("linear_1", outer, bias, _find_between(settings)),
            Dense("linear_2", outer, bias))  # fmt: skip


def project_readout(settings: Settings, vision: Settings, outer: int) -> Steps:
    """VideoLLaMA 3; neighbours of videos are put together before."""
    return (Dense("readout.0", outer, True, "gelu"), Dense("readout.2", outer))


def project_aligned(settings: Settings, vision: Settings, outer: int) -> Steps:
    """Janus: products with a function before each but the first."""
    depth, width = vision.count("depth", default=2), vision.count("projection_dim", default=outer)
    if not 1 <= depth <= _DEEPEST:
        raise UnreadableModel(f"config.json: a projector of {depth} layers")
    names = ("fc1", *(f"hidden_layers.{number}" for number in range(depth - 1)))
    kind = find_activation(vision, "gelu")
    return tuple(Dense(name, width, True, "" if name == names[-1] else kind) for name in names)


def project_plain(settings: Settings, vision: Settings, outer: int) -> Steps:
    """DeepSeek-VL: two products."""
    return (Dense("linear1", outer, True, "gelu"), Dense("linear2", outer))


def project_flat(settings: Settings, vision: Settings, outer: int) -> Steps:
    """PaddleOCR-VL: a norm, neighbours joined, two products."""
    joined = vision.count("spatial_merge_size", default=2) ** 2
    inner = joined * find_hidden(vision)
    return (Norm("pre_norm"), Join(joined), Dense("linear_1", inner, True, "gelu"),
            Dense("linear_2", outer))  # fmt: skip


def project_down(settings: Settings, vision: Settings, outer: int) -> Steps:
    """LFM2-VL: neighbours joined, two products."""
    factor = settings.count("downsample_factor", default=2)
    inner = settings.count("projector_hidden_size", default=2560)
    bias = settings.flag("projector_bias", default=True)
    normed = settings.flag("projector_use_layernorm", default=True)
    norm: Steps = (Norm("layer_norm"),) if normed else ()
    return (Join(factor**2), *norm, Dense("linear_1", inner, bias, _find_between(settings)),
            Dense("linear_2", outer, bias))  # fmt: skip


def project_scouted(settings: Settings, vision: Settings, outer: int) -> Steps:
    """Llama 4: one product."""
    return (Dense("linear_1", outer, False),)


def project_normed(settings: Settings, vision: Settings, outer: int) -> Steps:
    """GIT: one product and a norm."""
    return (Dense("visual_projection.0", outer), Norm("visual_projection.1"))


def project_bare(settings: Settings, vision: Settings, outer: int) -> Steps:
    """Gemma 4: a norm without weights and one product."""
    return (Norm("", "bare"), Dense("embedding_projection", outer, False))


def project_words(settings: Settings, vision: Settings, outer: int) -> Steps:
    """Ovis 2: a table of the vocabulary of images."""
    made = settings.count("hidden_size", default=outer)
    return (Dense("visual_embeddings_table.weight", made, False, bare=True),)

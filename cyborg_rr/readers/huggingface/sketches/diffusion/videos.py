"""CogVideoX and HunyuanVideo: places of a video and a text together.

Names and defaults: ``cogvideox_transformer_3d.py`` and ``transformer_hunyuan_video.py`` of
diffusers.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import MAX_LAYERS, Linear
from cyborg_rr.readers.architectures.sketching import Sketch, flatten_image, take
from cyborg_rr.readers.huggingface.recipes.parts import count_layers
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.diffusing import SINUSOIDS, embed, take_sinusoids
from cyborg_rr.readers.huggingface.sketches.diffusion.streams import (
    IMAGE,
    LATENT,
    Side,
    Sizes,
    add_gated,
    attend_alone,
    attend_jointly,
    feed,
    modulate,
    shift_bare,
    shift_normed,
)
from cyborg_rr.readers.huggingface.sketches.flux import draw_double

_TYPE: Final = "bf16"
_WIDER: Final = 4
_MAX_PATCH: Final = 2**8


def plan_cogvideox(settings: Settings) -> Sketch | None:
    """CogVideoX: text and video one after the other, moved each by its own part of the time."""
    heads = settings.count("num_attention_heads", default=30)
    hidden = heads * settings.count("attention_head_dim", default=64)
    others = ("patch_size_t", "ofs_embed_dim")
    plain = settings.flag("attention_bias", default=True) and settings.flag(
        "norm_elementwise_affine", default=True
    )
    if not 0 < hidden < 2**20 or any(settings.find(name) is not None for name in others):
        return None
    patch = settings.count("patch_size", default=2)
    if (
        not plain
        or not 0 < patch < _MAX_PATCH
        or settings.flag("use_learned_positional_embeddings")
    ):
        return None
    sizes = Sizes(hidden, heads)

    def draw(drawing: Drawing) -> str:
        inner = settings.count("in_channels", default=16)
        high, wide, frames = (
            settings.count("sample_height", default=60),
            settings.count("sample_width", default=90),
            (settings.count("sample_frames", default=49) - 1)
            // max(settings.count("temporal_compression_ratio", default=4), 1)
            + 1,
        )
        value = take(drawing, "video", "batch", frames, inner, high, wide)
        value = drawing.apply("reshape", value, shape=(-1, inner, high, wide))
        weight = drawing.weight("patch_embed.proj.weight", hidden, inner, patch, patch)
        inputs = [value, weight]
        if settings.flag("patch_bias", default=True):
            inputs.append(drawing.weight("patch_embed.proj.bias", hidden))
        value = drawing.apply("convolution", *inputs, strides=(patch, patch))
        value = flatten_image(drawing, value, hidden)
        places = frames * (high // patch) * (wide // patch)
        value = drawing.apply("reshape", value, shape=(-1, places, hidden))
        width = settings.count("text_embed_dim", default=4096)
        text = take(drawing, "text", "batch", "sequence", width)
        text = drawing.linear(text, Linear("patch_embed.text_proj", True), width, hidden)
        small = settings.count("time_embed_dim", default=512)
        time = take_sinusoids(drawing, "timestep", hidden)
        time = embed(drawing, time, "time_embedding.", hidden, small)
        for number in range(count_layers(settings, "num_layers")):
            value, text = _draw_cog(drawing, value, text, time, number, sizes, small)
        value = drawing.norm(value, "norm_final", hidden, "layer")
        shift, scale = modulate(drawing, time, Linear("norm_out.linear", True), small, hidden, 2)
        value = drawing.norm(value, "norm_out.norm", hidden, "layer")
        value = shift_normed(drawing, value, shift, scale)
        outer = patch**2 * settings.count("out_channels", default=16)
        drawing.linear(value, Linear("proj_out", True), hidden, outer)
        return "noise"

    return Sketch(settings.element_type or _TYPE, draw)


def _draw_cog(
    drawing: Drawing, value: str, text: str, time: str, number: int, sizes: Sizes, small: int
) -> tuple[str, str]:
    """Both with the same weights, so that they are drawn apart and joined by attention alone."""
    prefix, hidden = f"transformer_blocks.{number}.", sizes.hidden
    for norm in ("norm1", "norm2"):
        inside = f"{prefix}{norm}."
        moved = modulate(drawing, time, Linear(f"{inside}linear", True), small, hidden, 6)
        parts = [
            shift_normed(drawing, drawing.norm(side, f"{inside}norm", hidden, "layer"), *move)
            for side, move in ((value, moved[0:2]), (text, moved[3:5]))
        ]
        if norm == "norm1":
            side = Side(norms=("norm_q", "norm_k"))
            parts = attend_jointly(drawing, parts, f"{prefix}attn1.", (side, side), sizes, "layer")
        else:
            parts = [feed(drawing, part, f"{prefix}ff.", hidden, _WIDER * hidden)
                     for part in parts]  # fmt: skip
        value = add_gated(drawing, value, parts[0], moved[2])
        text = add_gated(drawing, text, parts[1], moved[5])
    return value, text


def plan_hunyuan_video(settings: Settings) -> Sketch | None:
    """HunyuanVideo: Flux over a video, behind some layers over the text alone."""
    heads = settings.count("num_attention_heads", default=24)
    width = settings.count("attention_head_dim", default=128)
    hidden = heads * width
    counts = [settings.count(f"num_{part}layers", default=default)
              for part, default in (("", 20), ("single_", 40), ("refiner_", 2))]  # fmt: skip
    if not 0 < hidden < 2**20 or sum(counts) > MAX_LAYERS:
        return None
    if settings.find("image_condition_type") or settings.text("qk_norm") not in ("", "rms_norm"):
        return None
    if (settings.number("mlp_ratio") or _WIDER) != _WIDER:
        return None
    patch, deep = settings.count("patch_size", default=2), settings.count("patch_size_t", default=1)
    if not (0 < patch < _MAX_PATCH and 0 < deep < _MAX_PATCH):
        return None

    def draw(drawing: Drawing) -> str:
        inner = settings.count("in_channels", default=16)
        value = take(drawing, "video", "batch", inner, *LATENT)
        weight = drawing.weight("x_embedder.proj.weight", hidden, inner, deep, patch, patch)
        bias = drawing.weight("x_embedder.proj.bias", hidden)
        value = drawing.apply("convolution", value, weight, bias, strides=(deep, patch, patch))
        value = flatten_image(drawing, value, hidden)
        sines = take_sinusoids(drawing, "timestep")
        time = _draw_time(drawing, sines, settings, hidden)
        text = _refine(drawing, sines, settings, Sizes(hidden, heads), counts[2])
        sizes = (hidden, heads, width)
        for number in range(counts[0]):
            prefix = f"transformer_blocks.{number}."
            value, text = draw_double(drawing, value, text, time, prefix, sizes)
        for number in range(counts[1]):
            value, text = _draw_single(drawing, (value, text), time, number, Sizes(hidden, heads))
        shift, scale = modulate(drawing, time, Linear("norm_out.linear", True), hidden, hidden, 2)
        value = shift_bare(drawing, value, shift, scale)
        outer = deep * patch**2 * settings.count("out_channels", default=inner)
        drawing.linear(value, Linear("proj_out", True), hidden, outer)
        return "noise"

    return Sketch(settings.element_type or _TYPE, draw)


def _draw_single(
    drawing: Drawing, values: tuple[str, str], time: str, number: int, sizes: Sizes
) -> tuple[str, str]:
    """A layer of Flux over both with the same weights, joined by attention alone."""
    prefix, hidden = f"single_transformer_blocks.{number}.", sizes.hidden
    inner = _WIDER * hidden
    moved = modulate(drawing, time, Linear(f"{prefix}norm.linear", True), hidden, hidden, 3)
    shifted = [shift_bare(drawing, value, moved[0], moved[1]) for value in values]
    side = Side(output="", norms=("norm_q", "norm_k"))
    mixed = attend_jointly(drawing, shifted, f"{prefix}attn.", (side, side), sizes)
    found = []
    for value, part, start in zip(values, mixed, shifted, strict=True):
        fed = drawing.linear(start, Linear(f"{prefix}proj_mlp", True), hidden, inner)
        both = drawing.apply("concatenate", part, drawing.apply("gelu", fed), axis=-1)
        whole = drawing.linear(both, Linear(f"{prefix}proj_out", True), hidden + inner, hidden)
        found.append(add_gated(drawing, value, whole, moved[2]))
    return found[0], found[1]


def _draw_time(drawing: Drawing, sines: str, settings: Settings, hidden: int) -> str:
    prefix = "time_text_embed."
    time = embed(drawing, sines, f"{prefix}timestep_embedder.", SINUSOIDS, hidden)
    if settings.flag("guidance_embeds", default=True):
        guided = embed(drawing, take_sinusoids(drawing, "guidance"),
                       f"{prefix}guidance_embedder.", SINUSOIDS, hidden)  # fmt: skip
        time = drawing.apply("add", time, guided)
    width = settings.count("pooled_projection_dim", default=768)
    pooled = take(drawing, "pooled_text", "batch", width)
    pooled = embed(drawing, pooled, f"{prefix}text_embedder.", width, hidden)
    return drawing.apply("silu", drawing.apply("add", time, pooled))


def _refine(drawing: Drawing, sines: str, settings: Settings, sizes: Sizes, layers: int) -> str:
    """The text, as wide as the model and refined by layers of its own."""
    hidden, prefix = sizes.hidden, "context_embedder."
    width = settings.count("text_embed_dim", default=4096)
    text = take(drawing, "text", "batch", "sequence", width)
    mean = drawing.apply("reduce", text, function="mean", axes=(1,))
    inside = f"{prefix}time_text_embed."
    time = embed(drawing, sines, f"{inside}timestep_embedder.", SINUSOIDS, hidden)
    pooled = embed(drawing, mean, f"{inside}text_embedder.", width, hidden)
    time = drawing.apply("add", time, pooled)
    text = drawing.linear(text, Linear(f"{prefix}proj_in", True), width, hidden)
    for number in range(layers):
        block = f"{prefix}token_refiner.refiner_blocks.{number}."
        gates = modulate(drawing, time, Linear(f"{block}norm_out.linear", True), hidden, hidden, 2)
        part = drawing.norm(text, f"{block}norm1", hidden, "layer")
        part = attend_alone(drawing, part, f"{block}attn.", IMAGE, sizes)
        text = add_gated(drawing, text, part, gates[0])
        fed = drawing.norm(text, f"{block}norm2", hidden, "layer")
        fed = feed(drawing, fed, f"{block}ff.", hidden, _WIDER * hidden)
        text = add_gated(drawing, text, fed, gates[1])
    return text

"""Weights of the parts that take images, in models of text and images: names and shapes alone.

Their graph is not drawn: how many patches there are is for the images to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings

BUFFERS: Final = ("vision_tower.std_bias", "vision_tower.std_scale")
"""What is stored among them and was not learnt."""

Shapes = Iterator[tuple[str, tuple[int, ...]]]


def list_vision(settings: Settings, hidden: int) -> Mapping[str, tuple[int, ...]] | None:
    """All weights beside those of a text so wide; None where they are not known here."""
    vision = settings.enter("vision_config")
    if vision is None:
        return None
    match settings.text("model_type"):
        case "qwen2_vl":
            return dict(_list_qwen2(vision))
        case "qwen2_5_vl":
            return dict(_list_qwen2_5(vision))
        case "qwen3_vl" | "qwen3_vl_moe" | "qwen3_5" | "qwen3_5_moe":
            return dict(_list_qwen3(vision))
        case "gemma4" if not settings.find("audio_config"):
            return (
                None if vision.flag("use_clipped_linears") else dict(_list_gemma4(vision, hidden))
            )
        case "llava" if vision.text("model_type") == "clip_vision_model":
            bias = settings.flag("multimodal_projector_bias", default=True)
            return dict(_list_llava(vision, hidden, bias))
    return None


def _linear(name: str, inner: int, outer: int, bias: bool = True) -> Shapes:
    yield f"{name}.weight", (outer, inner)
    if bias:
        yield f"{name}.bias", (outer,)


def _norm(name: str, width: int, bias: bool = True) -> Shapes:
    yield f"{name}.weight", (width,)
    if bias:
        yield f"{name}.bias", (width,)


def _list_patches(vision: Settings, width: int, bias: bool) -> Shapes:
    """A convolution over some images in time and their patches."""
    patch = vision.count("patch_size")
    channels = vision.count("in_channels", "in_chans", default=3)
    times = vision.count("temporal_patch_size", default=2)
    yield "visual.patch_embed.proj.weight", (width, channels, times, patch, patch)
    if bias:
        yield "visual.patch_embed.proj.bias", (width,)


def _list_qwen2(vision: Settings) -> Shapes:
    width = vision.count("embed_dim")
    yield from _list_patches(vision, width, bias=False)
    for number in range(count_layers(vision, "depth")):
        block = f"visual.blocks.{number}."
        yield from _norm(f"{block}norm1", width)
        yield from _norm(f"{block}norm2", width)
        yield from _linear(f"{block}attn.qkv", width, 3 * width)
        yield from _linear(f"{block}attn.proj", width, width)
        inner = width * vision.count("mlp_ratio", default=4)
        yield from _linear(f"{block}mlp.fc1", width, inner)
        yield from _linear(f"{block}mlp.fc2", inner, width)
    yield from _norm("visual.merger.ln_q", width)
    yield from _list_merger(vision, width, find_hidden(vision))


def _list_qwen2_5(vision: Settings) -> Shapes:
    width, inner = find_hidden(vision), vision.count("intermediate_size")
    yield from _list_patches(vision, width, bias=False)
    for number in range(count_layers(vision, "depth")):
        block = f"visual.blocks.{number}."
        yield from _norm(f"{block}norm1", width, bias=False)
        yield from _norm(f"{block}norm2", width, bias=False)
        yield from _linear(f"{block}attn.qkv", width, 3 * width)
        yield from _linear(f"{block}attn.proj", width, width)
        yield from _linear(f"{block}mlp.gate_proj", width, inner)
        yield from _linear(f"{block}mlp.up_proj", width, inner)
        yield from _linear(f"{block}mlp.down_proj", inner, width)
    yield from _norm("visual.merger.ln_q", width, bias=False)
    yield from _list_merger(vision, width, vision.count("out_hidden_size"))


def _list_merger(vision: Settings, width: int, outer: int) -> Shapes:
    """Patches of a square together, as wide as the text."""
    joined = width * vision.count("spatial_merge_size", default=2) ** 2
    yield from _linear("visual.merger.mlp.0", joined, joined)
    yield from _linear("visual.merger.mlp.2", joined, outer)


def _list_qwen3(vision: Settings) -> Shapes:
    for name, shape in _list_qwen3_parts(vision):
        yield f"model.{name}", shape


def _list_qwen3_parts(vision: Settings) -> Shapes:
    width, inner = find_hidden(vision), vision.count("intermediate_size")
    yield from _list_patches(vision, width, bias=True)
    yield "visual.pos_embed.weight", (vision.count("num_position_embeddings"), width)
    for number in range(count_layers(vision, "depth")):
        block = f"visual.blocks.{number}."
        yield from _norm(f"{block}norm1", width)
        yield from _norm(f"{block}norm2", width)
        yield from _linear(f"{block}attn.qkv", width, 3 * width)
        yield from _linear(f"{block}attn.proj", width, width)
        yield from _linear(f"{block}mlp.linear_fc1", width, inner)
        yield from _linear(f"{block}mlp.linear_fc2", inner, width)
    joined = width * vision.count("spatial_merge_size", default=2) ** 2
    outer = vision.count("out_hidden_size")
    deep = len(vision.numbers("deepstack_visual_indexes"))
    mergers = [("visual.merger.", width)]
    mergers += [(f"visual.deepstack_merger_list.{number}.", joined) for number in range(deep)]
    for merger, normed in mergers:
        yield from _norm(f"{merger}norm", normed)
        yield from _linear(f"{merger}linear_fc1", joined, joined)
        yield from _linear(f"{merger}linear_fc2", joined, outer)


def _list_llava(vision: Settings, outer: int, bias: bool) -> Shapes:
    """A CLIP encoder and two weights that make its vectors as wide as the text."""
    for name, shape in _list_clip(vision):
        yield f"vision_tower.{name}", shape
    yield from _linear("multi_modal_projector.linear_1", find_hidden(vision), outer, bias)
    yield from _linear("multi_modal_projector.linear_2", outer, outer, bias)


def _list_clip(vision: Settings) -> Shapes:
    width, inner = find_hidden(vision), vision.count("intermediate_size")
    patch = vision.count("patch_size")
    count = (vision.count("image_size") // max(patch, 1)) ** 2
    channels = vision.count("num_channels", default=3)
    yield "embeddings.class_embedding", (width,)
    yield "embeddings.patch_embedding.weight", (width, channels, patch, patch)
    yield "embeddings.position_embedding.weight", (count + 1, width)
    for number in range(count_layers(vision)):
        layer = f"encoder.layers.{number}."
        yield from _norm(f"{layer}layer_norm1", width)
        yield from _norm(f"{layer}layer_norm2", width)
        for part in ("q", "k", "v", "out"):
            yield from _linear(f"{layer}self_attn.{part}_proj", width, width)
        yield from _linear(f"{layer}mlp.fc1", width, inner)
        yield from _linear(f"{layer}mlp.fc2", inner, width)
    yield from _norm("pre_layrnorm", width)
    yield from _norm("post_layernorm", width)


def _list_gemma4(vision: Settings, outer: int) -> Shapes:
    """Patches by a weight, places by two tables, and layers with four norms each."""
    width, inner = find_hidden(vision), vision.count("intermediate_size")
    head, patch = vision.count("head_dim"), vision.count("patch_size")
    heads, kv_heads = (vision.count(f"num_{n}_heads") for n in ("attention", "key_value"))
    yield "model.embed_vision.embedding_projection.weight", (outer, width)
    tower = "model.vision_tower."
    yield f"{tower}patch_embedder.input_proj.weight", (width, 3 * patch**2)
    rows = vision.count("position_embedding_size")
    yield f"{tower}patch_embedder.position_embedding_table", (2, rows, width)
    for name in ("std_bias", "std_scale") if vision.flag("standardize") else ():
        yield tower + name, (width,)
    for number in range(count_layers(vision)):
        layer = f"{tower}encoder.layers.{number}."
        for name in ("input", "post_attention", "pre_feedforward", "post_feedforward"):
            yield f"{layer}{name}_layernorm.weight", (width,)
        for name in ("gate", "up"):
            yield f"{layer}mlp.{name}_proj.linear.weight", (inner, width)
        yield f"{layer}mlp.down_proj.linear.weight", (width, inner)
        for name, count in (("q", heads), ("k", kv_heads), ("v", kv_heads)):
            yield f"{layer}self_attn.{name}_proj.linear.weight", (count * head, width)
        yield f"{layer}self_attn.o_proj.linear.weight", (width, heads * head)
        for name in ("q", "k"):
            yield f"{layer}self_attn.{name}_norm.weight", (head,)

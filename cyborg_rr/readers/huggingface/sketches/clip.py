"""CLIP and SigLIP: an encoder of text and one of images, alone or together.

Names: ``modeling_clip.py`` and ``modeling_siglip.py`` of transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.graph.graph import TensorType
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import Frame, Layer, Linear
from cyborg_rr.readers.architectures.sketching import Sketch, convolve, flatten_image, take
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE, plan_heads, plan_ungated
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings

_TEXT: Final[Mapping[str, int]] = MappingProxyType(
    {"vocab_size": 49408, "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12,
     "num_attention_heads": 8, "max_position_embeddings": 77, "projection_dim": 512}
)  # fmt: skip
_VISION: Final[Mapping[str, int]] = MappingProxyType(
    {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
     "num_attention_heads": 12, "image_size": 224, "patch_size": 32, "projection_dim": 512}
)  # fmt: skip
_SIGLIP_TEXT: Final = MappingProxyType(
    {**_TEXT, "vocab_size": 32000, "hidden_size": 768, "intermediate_size": 3072,
     "num_attention_heads": 12, "max_position_embeddings": 64}
)  # fmt: skip
_SIGLIP_VISION: Final = MappingProxyType({**_VISION, "patch_size": 16})


def draw_tower(drawing: Drawing, vision: Settings, prefix: str, *, siglip: bool) -> str:
    """The layers of an encoder of images: all its vectors, before what stands behind them."""
    hidden, patch = find_hidden(vision), vision.count("patch_size")
    side, channels = vision.count("image_size"), vision.count("num_channels", default=3)
    count = (side // max(patch, 1)) ** 2
    value = take(drawing, "pixels", "batch", channels, side, side)
    value = convolve(drawing, value, f"{prefix}embeddings.patch_embedding", channels, hidden,
                     (patch, patch), stride=patch, padding=0, bias=siglip)  # fmt: skip
    value = flatten_image(drawing, value, hidden)
    if not siglip:
        drawing.weight(f"{prefix}embeddings.class_embedding", hidden)
        value = drawing.apply("pad", value, padding_low=(0, 1, 0), padding_high=(0, 0, 0))
        count += 1
    table = drawing.weight(f"{prefix}embeddings.position_embedding.weight", count, hidden)
    value = drawing.apply("add", value, table)
    if not siglip:
        value = drawing.norm(value, f"{prefix}pre_layrnorm", hidden, "layer")
    return _draw_layers(drawing, value, vision, prefix, causal=False)


def _draw_layers(
    drawing: Drawing, value: str, settings: Settings, prefix: str, *, causal: bool
) -> str:
    hidden = find_hidden(settings)
    names = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj")
    layer = Layer(
        plan_heads(settings, names, causal=causal),
        plan_ungated(settings, settings.count("intermediate_size"), "mlp.fc1", "mlp.fc2"),
        "layer_norm1",
        "layer_norm2",
    )
    frame = Frame(hidden, prefix + "encoder.layers.{layer}.")
    return draw_layers(drawing, value, (layer,) * count_layers(settings), frame)


def _draw_image(drawing: Drawing, vision: Settings, prefix: str, siglip: bool, head: bool) -> str:
    """One vector of an image: that of the class, or one that a query of its own gathers."""
    hidden = find_hidden(vision)
    value = draw_tower(drawing, vision, prefix, siglip=siglip)
    if siglip:
        value = drawing.norm(value, f"{prefix}post_layernorm", hidden, "layer")
        return _draw_probe(drawing, value, vision, f"{prefix}head.") if head else value
    value = drawing.apply("slice", value, starts=(0,), ends=(1,), axes=(1,))
    return drawing.norm(value, f"{prefix}post_layernorm", hidden, "layer")


def _draw_probe(drawing: Drawing, value: str, vision: Settings, prefix: str) -> str:
    hidden, heads = find_hidden(vision), vision.count("num_attention_heads")
    probe = drawing.weight(f"{prefix}probe", 1, 1, hidden)
    both = drawing.weight(f"{prefix}attention.in_proj_weight", 3 * hidden, hidden)
    bias = drawing.weight(f"{prefix}attention.in_proj_bias", 3 * hidden)
    parts = drawing.apply_many("split", (both,), 3, axis=0, split=(hidden,) * 3)
    biases = drawing.apply_many("split", (bias,), 3, axis=0, split=(hidden,) * 3)
    first = drawing.apply("slice", value, starts=(0,), ends=(1,), axes=(1,))
    query = drawing.apply("add", first, probe)
    sides = [
        drawing.apply("add", drawing.apply("matmul", side, weight, trans_b=True), row)
        for side, weight, row in zip((query, value, value), parts, biases, strict=True)
    ]
    mixed = drawing.apply("attention", *sides, q_num_heads=heads, kv_num_heads=heads)
    mixed = drawing.linear(mixed, Linear(f"{prefix}attention.out_proj", True), hidden, hidden)
    inner = vision.count("intermediate_size")
    fed = drawing.norm(mixed, f"{prefix}layernorm", hidden, "layer")
    fed = drawing.apply(
        "gelu", drawing.linear(fed, Linear(f"{prefix}mlp.fc1", True), hidden, inner)
    )
    fed = drawing.linear(fed, Linear(f"{prefix}mlp.fc2", True), inner, hidden)
    return drawing.apply("add", mixed, fed)


def _draw_text(drawing: Drawing, text: Settings, prefix: str, siglip: bool) -> str:
    """All vectors of a text; those of CLIP see no later ones."""
    hidden = find_hidden(text)
    ids = drawing.input("ids", TensorType("i64", ("batch", "sequence")))
    rows = ("token", text.count("vocab_size")), ("position", text.count("max_position_embeddings"))
    tables = [
        drawing.weight(f"{prefix}embeddings.{name}_embedding.weight", count, hidden)
        for name, count in rows
    ]
    looked = [drawing.apply("gather", table, ids) for table in tables]
    value = drawing.apply("add", *looked)
    value = _draw_layers(drawing, value, text, prefix, causal=not siglip)
    return drawing.norm(value, f"{prefix}final_layer_norm", hidden, "layer")


def _pool_text(drawing: Drawing, text: Settings, prefix: str, siglip: bool) -> str:
    value = _draw_text(drawing, text, prefix, siglip)
    value = drawing.apply("slice", value, starts=(0,), ends=(1,), axes=(1,))
    if siglip:
        hidden = find_hidden(text)
        width = text.count("projection_size", default=hidden)
        return drawing.linear(value, Linear(f"{prefix}head", True), hidden, width)
    return value


def plan_whole(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    siglip = settings.text("model_type").startswith("siglip")
    if name_class(settings) not in ("CLIPModel", "SiglipModel"):
        return None
    text, vision = (settings.enter(f"{side}_config") for side in ("text", "vision"))
    if text is None or vision is None:
        return None
    text = text.fill(_SIGLIP_TEXT if siglip else _TEXT)
    vision = vision.fill(_SIGLIP_VISION if siglip else _VISION)
    head = vision.flag("vision_use_head", default=True)

    def draw(drawing: Drawing) -> str:
        words = _pool_text(drawing, text, "text_model.", siglip)
        image = _draw_image(drawing, vision, "vision_model.", siglip, head)
        if siglip:
            scale = drawing.weight("logit_scale", 1)
            drawing.weight("logit_bias", 1)
        else:
            scale = drawing.weight("logit_scale")
            width = settings.count("projection_dim", default=512)
            words = drawing.linear(words, Linear("text_projection"), find_hidden(text), width)
            name = Linear("visual_projection")
            image = drawing.linear(image, name, find_hidden(vision), width)
        scores = drawing.apply("reduce", drawing.apply("multiply", words, image),
                               function="sum", axes=(-1,))  # fmt: skip
        drawing.apply("multiply", scores, scale)
        return "logits"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def plan_text(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    siglip = settings.text("model_type").startswith("siglip")
    kind = name_class(settings)
    settings = (settings.enter("text_config") or settings).fill(_SIGLIP_TEXT if siglip else _TEXT)

    def draw(drawing: Drawing) -> str:
        if kind == "CLIPTextModelWithProjection":
            value = _pool_text(drawing, settings, "text_model.", siglip)
            width = settings.count("projection_dim")
            drawing.linear(value, Linear("text_projection"), find_hidden(settings), width)
        elif siglip:
            _pool_text(drawing, settings, "text_model.", siglip)
        else:
            _draw_text(drawing, settings, "text_model.", siglip)
        return "output"

    known = ("", "CLIPTextModel", "CLIPTextModelWithProjection", "SiglipTextModel")
    return Sketch(settings.element_type or DEFAULT_TYPE, draw) if kind in known else None


def plan_vision(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    siglip = settings.text("model_type").startswith("siglip")
    kind = name_class(settings)
    outer = settings
    defaults = _SIGLIP_VISION if siglip else _VISION
    settings = (settings.enter("vision_config") or settings).fill(defaults)
    head = settings.flag("vision_use_head", default=True)

    def draw(drawing: Drawing) -> str:
        hidden = find_hidden(settings)
        if kind.endswith("ForImageClassification"):
            if siglip:
                value = draw_tower(drawing, settings, "vision_model.", siglip=True)
                drawing.norm(value, "vision_model.post_layernorm", hidden, "layer")
            else:
                value = _draw_image(drawing, settings, "vision_model.", siglip, head)
            drawing.linear(value, Linear("classifier", True), hidden, count_labels(outer))
            return "logits"
        value = _draw_image(drawing, settings, "vision_model.", siglip, head)
        if kind == "CLIPVisionModelWithProjection":
            width = settings.count("projection_dim")
            drawing.linear(value, Linear("visual_projection"), hidden, width)
        return "output"

    known = ("", "CLIPVisionModel", "CLIPVisionModelWithProjection", "SiglipVisionModel")
    return Sketch(settings.element_type or DEFAULT_TYPE, draw) if kind in known else None

"""Depth Anything: DINOv2, four of whose layers are put together again as an image.

Names: ``modeling_depth_anything.py`` of transformers, as checkpoints keep them; defaults of the
part for images: ``configuration_dinov2.py``.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import Frame
from cyborg_rr.readers.architectures.sketching import Sketch, convolve, restore_image
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.images.entering import MAX_SIDE, MAX_WIDTH
from cyborg_rr.readers.huggingface.sketches.vits import enter, plan_dino_layer

_DINO: Final = MappingProxyType(
    {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "mlp_ratio": 4,
     "image_size": 224, "patch_size": 14, "num_channels": 3, "model_type": "dinov2"}
)  # fmt: skip
_FACTORS: Final = (4, 2, 1, 0.5)
_Found = tuple[str, int]
"""A value and the side of its image."""


def plan_depth(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    stated = settings.enter("backbone_config")
    if stated is None or name_class(settings) != "DepthAnythingForDepthEstimation":
        return None
    inner = stated.fill(_DINO)
    chosen, widths = inner.numbers("out_indices"), settings.numbers("neck_hidden_sizes")
    side, patch = inner.count("image_size"), inner.count("patch_size")
    plain = (
        inner.text("model_type") == "dinov2"
        and settings.find("reassemble_factors") in (None, list(_FACTORS))
        and len(chosen) == len(widths) == len(_FACTORS)
        and all(0 < width < MAX_WIDTH for width in widths)
        and all(0 < number <= count_layers(inner) for number in chosen)
        and settings.count("reassemble_hidden_size", default=384) == find_hidden(inner)
    )
    if not plain or not 0 < patch <= side < MAX_SIDE:
        return None

    def draw(drawing: Drawing) -> str:
        found = _draw_backbone(drawing, inner, frozenset(chosen))
        places, fused = side // patch, settings.count("fusion_hidden_size", default=64)
        parts = [
            _reassemble(drawing, value, number, find_hidden(inner), width, places)
            for number, (value, width) in enumerate(zip(found, widths, strict=True))
        ]
        parts = [
            (convolve(drawing, value, f"neck.convs.{number}", width, fused, (3, 3), bias=False), at)
            for number, ((value, at), width) in enumerate(zip(parts, widths, strict=True))
        ]
        value, at = _fuse(drawing, parts, fused)
        value = convolve(drawing, value, "head.conv1", fused, fused // 2, (3, 3))
        value = _resize(drawing, value, at, places * patch)
        small = settings.count("head_hidden_size", default=32)
        value = convolve(drawing, value, "head.conv2", fused // 2, small, (3, 3))
        convolve(drawing, drawing.apply("relu", value), "head.conv3", small, 1, (1, 1))
        return "depth"

    return Sketch(settings.element_type or inner.element_type or DEFAULT_TYPE, draw)


def _draw_backbone(drawing: Drawing, inner: Settings, chosen: frozenset[int]) -> list[str]:
    """What the chosen layers make, each with the last norm."""
    hidden = find_hidden(inner)
    value = enter(drawing, inner, "backbone.embeddings.")
    found = []
    for number in range(count_layers(inner)):
        frame = Frame(hidden, f"backbone.encoder.layer.{number}.")
        value = draw_layers(drawing, value, (plan_dino_layer(inner),), frame)
        if number + 1 in chosen:
            found.append(drawing.norm(value, "backbone.layernorm", hidden, "layer"))
    return found


def _reassemble(
    drawing: Drawing, value: str, number: int, hidden: int, width: int, side: int
) -> _Found:
    """The patches as an image, as fine as its place in the list says."""
    name, factor = f"neck.reassemble_stage.layers.{number}.", _FACTORS[number]
    value = drawing.apply("slice", value, starts=(1,), ends=(2**31,), axes=(1,))
    value = restore_image(drawing, value, hidden, side, side)
    value = convolve(drawing, value, f"{name}projection", hidden, width, (1, 1))
    if factor == 1:
        return value, side
    if factor < 1:
        value = convolve(drawing, value, f"{name}resize", width, width, (3, 3), stride=2)
        return value, -(-side // 2)
    size = int(factor)
    weight = drawing.weight(f"{name}resize.weight", width, width, size, size)
    bias = drawing.weight(f"{name}resize.bias", width)
    value = drawing.apply("convolution_transpose", value, weight, bias, strides=(size, size))
    return value, size * side


def _fuse(drawing: Drawing, parts: list[_Found], width: int) -> _Found:
    """From the coarsest to the finest, each added to what is there."""
    value, at = "", 0
    for number, (part, side) in enumerate(reversed(parts)):
        name = f"neck.fusion_stage.layers.{number}."
        if value:
            value = drawing.apply(
                "add", value, _draw_residual(drawing, part, f"{name}residual_layer1.", width)
            )
        else:
            value, at = part, side
            aside = f"{name}residual_layer1."
            drawing.list_weights(partial(_draw_residual, value=part, prefix=aside, width=width))
        value = _draw_residual(drawing, value, f"{name}residual_layer2.", width)
        last = number == len(parts) - 1
        larger = 2 * at if last else parts[len(parts) - 2 - number][1]
        value, at = _resize(drawing, value, at, larger), larger
        value = convolve(drawing, value, f"{name}projection", width, width, (1, 1))
    return value, at


def _draw_residual(drawing: Drawing, value: str, prefix: str, width: int) -> str:
    around = value
    for number in (1, 2):
        value = drawing.apply("relu", value)
        value = convolve(drawing, value, f"{prefix}convolution{number}", width, width, (3, 3))
    return drawing.apply("add", value, around)


def _resize(drawing: Drawing, value: str, side: int, larger: int) -> str:
    factor = (larger + 0.5) / side
    return drawing.apply("resize", value, scales=(1.0, 1.0, factor, factor), mode="linear")

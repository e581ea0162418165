"""ConvNeXt of both generations: wide convolutions of each channel, two weights over the channels.

Names: ``modeling_convnext.py`` and ``modeling_convnextv2.py`` of transformers.
"""

from __future__ import annotations

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import Sketch, convolve, take
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.settings import Settings


def plan_convnext(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    kind = name_class(settings)
    widths = tuple(settings.numbers("hidden_sizes")) or (96, 192, 384, 768)
    depths = tuple(settings.numbers("depths")) or (3, 3, 9, 3)
    named = {"convnext": "ConvNext", "convnextv2": "ConvNextV2"}[settings.text("model_type")]
    if kind not in (f"{named}Model", f"{named}ForImageClassification"):
        return None
    if len(widths) != len(depths) or sum(depths) > 1000 or not all(0 < w < 2**20 for w in widths):
        return None
    prefix = "" if kind == f"{named}Model" else f"{named.lower()}."

    def draw(drawing: Drawing) -> str:
        channels, patch = (
            settings.count("num_channels", default=3),
            settings.count("patch_size", default=4),
        )
        value = take(drawing, "pixels", "batch", channels, "height", "width")
        name = f"{prefix}embeddings."
        value = convolve(drawing, value, f"{name}patch_embeddings", channels, widths[0],
                         (patch, patch), stride=patch, padding=0)  # fmt: skip
        value = _norm(drawing, value, f"{name}layernorm", widths[0])
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            place = f"{prefix}encoder.stages.{stage}."
            if stage:
                name = f"{place}downsampling_layer."
                value = _norm(drawing, value, f"{name}0", widths[stage - 1])
                value = convolve(drawing, value, f"{name}1", widths[stage - 1], width, (2, 2),
                                 stride=2, padding=0)  # fmt: skip
            for layer in range(depth):
                value = _draw_layer(drawing, value, f"{place}layers.{layer}.", width, settings)
        value = drawing.apply("reduce", value, function="mean", axes=(2, 3))
        value = drawing.norm(value, f"{prefix}layernorm", widths[-1], "layer")
        if not prefix:
            return "output"
        drawing.linear(value, Linear("classifier", True), widths[-1], count_labels(settings))
        return "logits"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _norm(drawing: Drawing, value: str, name: str, width: int) -> str:
    """A normalisation over the channels of an image."""
    value = drawing.apply("transpose", value, permutation=(0, 2, 3, 1))
    value = drawing.norm(value, name, width, "layer")
    return drawing.apply("transpose", value, permutation=(0, 3, 1, 2))


def _draw_layer(drawing: Drawing, value: str, prefix: str, width: int, settings: Settings) -> str:
    mixed = convolve(drawing, value, f"{prefix}dwconv", width, width, (7, 7), groups=width)
    mixed = drawing.apply("transpose", mixed, permutation=(0, 2, 3, 1))
    mixed = drawing.norm(mixed, f"{prefix}layernorm", width, "layer")
    mixed = drawing.linear(mixed, Linear(f"{prefix}pwconv1", True), width, 4 * width)
    mixed = drawing.apply("gelu", mixed)
    later = settings.text("model_type") == "convnextv2"
    if later:
        mixed = _respond(drawing, mixed, f"{prefix}grn.", 4 * width)
    mixed = drawing.linear(mixed, Linear(f"{prefix}pwconv2", True), 4 * width, width)
    if not later and settings.find("layer_scale_init_value") != 0:
        scale = drawing.weight(f"{prefix}layer_scale_parameter", width)
        mixed = drawing.apply("multiply", mixed, scale)
    mixed = drawing.apply("transpose", mixed, permutation=(0, 3, 1, 2))
    return drawing.apply("add", value, mixed)


def _respond(drawing: Drawing, value: str, prefix: str, width: int) -> str:
    """Each channel by its length over all places, held against the mean of these lengths."""
    scale, bias = (drawing.weight(f"{prefix}{part}", 1, 1, 1, width) for part in ("weight", "bias"))
    length = drawing.apply("reduce", value, function="l2", axes=(1, 2), keep_dimensions=True)
    mean = drawing.apply("reduce", length, function="mean", axes=(3,), keep_dimensions=True)
    mixed = drawing.apply("multiply", value, drawing.apply("divide", length, mean))
    mixed = drawing.apply("add", drawing.apply("multiply", mixed, scale), bias)
    return drawing.apply("add", mixed, value)

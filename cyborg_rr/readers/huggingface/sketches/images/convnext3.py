"""The ConvNeXt of DINOv3. Names: ``modeling_dinov3_convnext.py``, as checkpoints keep them."""

from __future__ import annotations

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import Sketch, convolve, take
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import name_class
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.images.convolving import MAX_DEPTH, MAX_WIDTH


def plan_convnext3(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    widths, depths = settings.numbers("hidden_sizes"), settings.numbers("depths")
    if name_class(settings) != "DINOv3ConvNextModel" or len(widths) != len(depths):
        return None
    if not widths or sum(depths) > MAX_DEPTH or not all(0 < width < MAX_WIDTH for width in widths):
        return None

    def draw(drawing: Drawing) -> str:
        inner = settings.count("num_channels", default=3)
        value = take(drawing, "pixels", "batch", inner, "height", "width")
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            name, kernel = f"stages.{stage}.downsample_layers.", 2 if stage else 4
            if stage:
                value = _norm(drawing, value, f"{name}0", inner)
            value = convolve(drawing, value, f"{name}{1 if stage else 0}", inner, width,
                             (kernel, kernel), stride=kernel, padding=0)  # fmt: skip
            if not stage:
                value = _norm(drawing, value, f"{name}1", width)
            inner = width
            for layer in range(depth):
                value = _draw_layer(drawing, value, f"stages.{stage}.layers.{layer}.", width)
        mean = drawing.apply("reduce", value, function="mean", axes=(2, 3))
        drawing.norm(mean, "layer_norm", inner, "layer")
        return "output"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _norm(drawing: Drawing, value: str, name: str, width: int) -> str:
    value = drawing.apply("transpose", value, permutation=(0, 2, 3, 1))
    value = drawing.norm(value, name, width, "layer")
    return drawing.apply("transpose", value, permutation=(0, 3, 1, 2))


def _draw_layer(drawing: Drawing, value: str, prefix: str, width: int) -> str:
    mixed = convolve(drawing, value, f"{prefix}depthwise_conv", width, width, (7, 7), groups=width)
    mixed = drawing.apply("transpose", mixed, permutation=(0, 2, 3, 1))
    mixed = drawing.norm(mixed, f"{prefix}layer_norm", width, "layer")
    first, second = (Linear(f"{prefix}pointwise_conv{number}", True) for number in (1, 2))
    mixed = drawing.apply("gelu", drawing.linear(mixed, first, width, 4 * width))
    mixed = drawing.linear(mixed, second, 4 * width, width)
    mixed = drawing.apply("multiply", mixed, drawing.weight(f"{prefix}gamma", width))
    mixed = drawing.apply("transpose", mixed, permutation=(0, 3, 1, 2))
    return drawing.apply("add", value, mixed)

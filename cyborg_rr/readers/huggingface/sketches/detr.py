"""DETR: a ResNet, an encoder of its places, and a decoder of learnt queries.

Names: ``modeling_detr.py`` of transformers, ``resnet.py`` of timm for what it stands on.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import Attention, FeedForward, Frame, Layer, Linear
from cyborg_rr.readers.architectures.sketching import (
    Sketch,
    convolve,
    flatten_image,
    norm_batch,
    take,
)
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_activation
from cyborg_rr.readers.huggingface.settings import Settings

_DEPTHS: Final = MappingProxyType({"resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3)})
_START: Final = 64
_GROWS: Final = 4
_BOX: Final = 4


def plan_detr(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    inner = settings.enter("backbone_config")
    word = settings.text("backbone") or (inner.text("backbone") if inner is not None else "")
    depths = _DEPTHS.get(word)
    if name_class(settings) != "DetrForObjectDetection" or depths is None:
        return None
    if settings.flag("dilation"):
        return None

    def draw(drawing: Drawing) -> str:
        hidden = settings.count("d_model", default=256)
        channels = settings.count("num_channels", default=3)
        value = take(drawing, "pixels", "batch", channels, "height", "width")
        value, width = _draw_backbone(drawing, value, depths, channels)
        value = convolve(drawing, value, "model.input_projection", width, hidden, (1, 1))
        value = flatten_image(drawing, value, hidden)
        layers = [_plan(settings, side) for side in ("encoder", "decoder")]
        frames = [Frame(hidden, f"model.{s}.layers.{{layer}}.") for s in ("encoder", "decoder")]
        places = draw_layers(drawing, value, layers[0], frames[0])
        rows = settings.count("num_queries", default=100)
        table = drawing.weight("model.query_position_embeddings.weight", rows, hidden)
        asked = _repeat(drawing, value, table, rows)
        value = draw_layers(drawing, asked, layers[1], frames[1], places)
        value = drawing.norm(value, "model.decoder.layernorm", hidden, "layer")
        labels = count_labels(settings) + 1
        scores = drawing.linear(value, Linear("class_labels_classifier", True), hidden, labels)
        drawing.put_out(scores)
        for number, outer in enumerate((hidden, hidden, _BOX)):
            if number:
                value = drawing.apply("relu", value)
            value = drawing.linear(value, Linear(f"bbox_predictor.layers.{number}", True),
                                   hidden, outer)  # fmt: skip
        drawing.apply("sigmoid", value)
        return "boxes"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _repeat(drawing: Drawing, value: str, table: str, rows: int) -> str:
    """The queries for each image: a row of zeros of each, and the table on it."""
    first = drawing.apply("slice", value, starts=(0,), ends=(1,), axes=(1,))
    repeated = drawing.apply("tile", first, repeats=(1, rows, 1))
    return drawing.apply("add", repeated, table)


def _plan(settings: Settings, side: str) -> tuple[Layer, ...]:
    heads = settings.count(f"{side}_attention_heads", default=8)
    hidden = settings.count("d_model", default=256)

    def plan_attention(prefix: str) -> Attention:
        names = (Linear(f"{prefix}.{part}_proj", True) for part in ("q", "k", "v", "out"))
        query, key, value, output = names
        return Attention(heads, heads, hidden // max(heads, 1), query, key, value, output,
                         rotary=False, causal=False)  # fmt: skip

    width = settings.count(f"{side}_ffn_dim", default=2048)
    activation = find_activation(settings, "relu")
    feed = FeedForward(width, Linear("fc1", True), Linear("fc2", True), activation=activation)
    layer = Layer(plan_attention("self_attn"), feed, "self_attn_layer_norm", "final_layer_norm",
                  after_sum=True)  # fmt: skip
    if side == "decoder":
        cross = plan_attention("encoder_attn")
        layer = replace(layer, cross=cross, cross_norm="encoder_attn_layer_norm")
    return (layer,) * count_layers(settings, f"{side}_layers")


def _draw_backbone(
    drawing: Drawing, value: str, depths: tuple[int, ...], channels: int
) -> tuple[str, int]:
    prefix = "model.backbone.conv_encoder.model."
    value = convolve(drawing, value, f"{prefix}conv1", channels, _START, (7, 7), stride=2,
                     bias=False)  # fmt: skip
    value = drawing.apply("relu", norm_batch(drawing, value, f"{prefix}bn1", _START, frozen=True))
    value = drawing.apply("pool", value, function="max", kernel=(3, 3), strides=(2, 2),
                          padding=(1, 1, 1, 1))  # fmt: skip
    inner = _START
    for stage, depth in enumerate(depths):
        small = _START * 2**stage
        for layer in range(depth):
            stride = 2 if stage and not layer else 1
            place = f"{prefix}layer{stage + 1}.{layer}."
            value = _draw_block(drawing, value, place, (inner, small), stride)
            inner = small * _GROWS
    return value, inner


def _draw_block(
    drawing: Drawing, value: str, prefix: str, sizes: tuple[int, int], stride: int
) -> str:
    inner, small = sizes
    outer, around = small * _GROWS, value
    if inner != outer or stride != 1:
        around = convolve(drawing, value, f"{prefix}downsample.0", inner, outer, (1, 1),
                          stride=stride, bias=False)  # fmt: skip
        around = norm_batch(drawing, around, f"{prefix}downsample.1", outer, frozen=True)
    steps = ((inner, small, 1, 1), (small, small, 3, stride), (small, outer, 1, 1))
    for number, (taken, given, kernel, step) in enumerate(steps, start=1):
        if number > 1:
            value = drawing.apply("relu", value)
        value = convolve(drawing, value, f"{prefix}conv{number}", taken, given,
                         (kernel, kernel), stride=step, bias=False)  # fmt: skip
        value = norm_batch(drawing, value, f"{prefix}bn{number}", given, frozen=True)
    return drawing.apply("relu", drawing.apply("add", value, around))

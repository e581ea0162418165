"""Vision transformers that are ViT but for names, rows and what stands behind the layers.

Names: ``modeling_*.py`` of transformers for each of them, as checkpoints keep them. The next one
is a row of ``_KIN``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import Extra, Frame, Layer, Linear
from cyborg_rr.readers.architectures.sketching import Sketch, take
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE, plan_heads, plan_ungated
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden, plan_gated
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.images.entering import (
    count_places,
    cut_patches,
    find_pair,
    put_rows,
    take_first,
)

_CLASSIFIES: Final = "ForImageClassification"
_Finish = Callable[[Drawing, str, Settings, str, str], None]
"""What stands behind the layers: the drawing, the vectors, settings, prefix and task."""


@dataclass(frozen=True, slots=True)
class _Kin:
    """How a model differs: ``rows`` in front of the patches have a number or the setting of it."""

    named: str
    prefix: str
    layer: Callable[[Settings], Layer]
    finish: _Finish
    tasks: tuple[str, ...] = ("Model", _CLASSIFIES)
    projection: str = "patch_embeddings.projection"
    layers: str = "encoder.layer.{layer}."
    rows: tuple[tuple[str, int | str], ...] = (("cls_token", 1),)
    positions: Callable[[Settings], bool] = lambda _: True
    masked: Callable[[Settings], bool] = lambda _: False
    beside: Callable[[Settings], Extra] = lambda _: ()


def plan_kin(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    kin = _KIN[settings.text("model_type")]
    task = name_class(settings).removeprefix(kin.named)
    if task not in kin.tasks:
        return None
    prefix = "" if task == "Model" else kin.prefix

    def draw(drawing: Drawing) -> str:
        value = _enter(drawing, settings, kin, prefix)
        frame = Frame(find_hidden(settings), prefix + kin.layers)
        for name, shape in kin.beside(settings):
            drawing.weight(prefix + name, *shape)
        value = draw_layers(drawing, value, (kin.layer(settings),) * count_layers(settings), frame)
        kin.finish(drawing, value, settings, prefix, task)
        return "output" if task == "Model" else "logits"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _enter(drawing: Drawing, settings: Settings, kin: _Kin, prefix: str) -> str:
    hidden, inside = find_hidden(settings), f"{prefix}embeddings."
    sides, patch = find_pair(settings, "image_size"), find_pair(settings, "patch_size")
    channels = settings.count("num_channels", default=3)
    down, across = count_places(sides, patch, patch)
    value = take(drawing, "pixels", "batch", channels, *sides)
    name = Linear(inside + kin.projection, True)
    value = cut_patches(drawing, value, name, channels, hidden, patch, patch)
    rows = {n: settings.count(c, default=0) if isinstance(c, str) else c
            for n, c in kin.rows}  # fmt: skip
    value = put_rows(drawing, value, inside, hidden, rows)
    if kin.masked(settings):
        drawing.weight(f"{inside}mask_token", 1, 1, hidden)
    if kin.positions(settings):
        count = down * across + sum(rows.values())
        table = drawing.weight(f"{inside}position_embeddings", 1, count, hidden)
        value = drawing.apply("add", value, table)
    return value


def plan_vit_layer(settings: Settings, *, key: bool | None = None) -> Layer:
    """A layer of ViT's."""
    bias, inside = settings.flag("qkv_bias", default=True), "attention.attention."
    names = (f"{inside}query", f"{inside}key", f"{inside}value", "attention.output.dense")
    attention = plan_heads(
        settings, names, query=bias, value=bias, key=bias if key is None else key
    )
    feed = plan_ungated(settings, settings.count("intermediate_size"), "intermediate.dense",
                        "output.dense")  # fmt: skip
    return Layer(attention, feed, "layernorm_before", "layernorm_after")


def _list_distances(settings: Settings, name: str) -> Extra:
    """A table of distances between patches, and three from and to the class."""
    sides, patch = find_pair(settings, "image_size"), find_pair(settings, "patch_size")
    down, across = count_places(sides, patch, patch)
    rows = (2 * down - 1) * (2 * across - 1) + 3
    heads = settings.count("num_attention_heads")
    return ((f"{name}relative_position_bias.relative_position_bias_table", (rows, heads)),)


def _beit_layer(settings: Settings) -> Layer:
    layer = plan_vit_layer(settings, key=False)
    extra: Extra = ()
    scale = settings.find("layer_scale_init_value")
    if scale is None or settings.number("layer_scale_init_value") > 0:
        extra = tuple((f"lambda_{n}", (find_hidden(settings),)) for n in (1, 2))
    if settings.flag("use_relative_position_bias"):
        extra += _list_distances(settings, "attention.attention.")
    return replace(layer, extra=extra)


def _share_distances(settings: Settings) -> Extra:
    shared = settings.flag("use_shared_relative_position_bias")
    return _list_distances(settings, "encoder.") if shared else ()


def _finish_beit(drawing: Drawing, value: str, settings: Settings, prefix: str, task: str) -> None:
    """A norm of all vectors, or of their mean where that is what classes are scored by."""
    hidden, mean = find_hidden(settings), settings.flag("use_mean_pooling", default=True)
    if not mean:
        value = drawing.norm(value, f"{prefix}layernorm", hidden, "layer")
    if task == "ForMaskedImageModeling":
        value = drawing.norm(value, "layernorm", hidden, "layer")
        value = drawing.apply("slice", value, starts=(1,), ends=(2**31,), axes=(1,))
        drawing.linear(value, Linear("lm_head", True), hidden, settings.count("vocab_size"))
        return
    if task == "Model" and settings.text("model_type") != "beit":
        return
    if mean:
        value = drawing.apply("reduce", value, function="mean", axes=(1,))
        value = drawing.norm(value, f"{prefix}pooler.layernorm", hidden, "layer")
    else:
        value = take_first(drawing, value)
    if task != "Model":
        drawing.linear(value, Linear("classifier", True), hidden, count_labels(settings))


def _finish_first(drawing: Drawing, value: str, settings: Settings, prefix: str, task: str) -> None:
    """A norm of all vectors; classes are scored by the first."""
    hidden = find_hidden(settings)
    value = drawing.norm(value, f"{prefix}layernorm", hidden, "layer")
    if task != "Model":
        value = take_first(drawing, value)
        drawing.linear(value, Linear("classifier", True), hidden, count_labels(settings))


def _finish_mean(drawing: Drawing, value: str, settings: Settings, prefix: str, task: str) -> None:
    """A norm of all vectors; classes are scored by their mean."""
    hidden = find_hidden(settings)
    value = drawing.norm(value, f"{prefix}layernorm", hidden, "layer")
    if task != "Model":
        value = drawing.apply("reduce", value, function="mean", axes=(1,))
        drawing.linear(value, Linear("classifier", True), hidden, count_labels(settings))


def _dinov3_layer(settings: Settings) -> Layer:
    names = [f"attention.{part}_proj" for part in "qkvo"]
    biases = {
        side: settings.flag(f"{word}_bias", default=word != "key")
        for side, word in (("query", "query"), ("key", "key"), ("value", "value"),
                           ("output", "proj"))
    }  # fmt: skip
    attention = plan_heads(settings, (names[0], names[1], names[2], names[3]), **biases)
    width, bias = settings.count("intermediate_size"), settings.flag("mlp_bias", default=True)
    if settings.flag("use_gated_mlp"):
        feed = plan_gated(settings, width, bias=bias)
    else:
        feed = plan_ungated(settings, width, "mlp.up_proj", "mlp.down_proj", bias)
    scales = tuple((f"layer_scale{n}.lambda1", (find_hidden(settings),)) for n in (1, 2))
    return Layer(replace(attention, rotary=True), feed, "norm1", "norm2", extra=scales)


def _finish_dinov3(drawing: Drawing, value: str, settings: Settings, prefix: str, _: str) -> None:
    drawing.norm(value, f"{prefix}norm", find_hidden(settings), "layer")


def _has_positions(settings: Settings) -> bool:
    return settings.flag("use_absolute_position_embeddings")


def _has_mask(settings: Settings) -> bool:
    return settings.flag("use_mask_token")


_BEIT: Final = _Kin("Beit", "beit.", _beit_layer, _finish_beit, positions=_has_positions,
                    masked=_has_mask, beside=_share_distances,
                    tasks=("Model", _CLASSIFIES, "ForMaskedImageModeling"))  # fmt: skip
_KIN: Final[Mapping[str, _Kin]] = MappingProxyType(
    {
        "beit": _BEIT,
        "data2vec-vision": replace(_BEIT, named="Data2VecVision", prefix="data2vec_vision.",
                                   tasks=("Model", _CLASSIFIES)),
        "dinov3_vit": _Kin("DINOv3ViT", "", _dinov3_layer, _finish_dinov3, ("Model",),
                           "patch_embeddings", "layer.{layer}.",
                           (("cls_token", 1), ("register_tokens", "num_register_tokens")),
                           positions=lambda _: False, masked=lambda _: True),
        "ijepa": _Kin("IJepa", "ijepa.", plan_vit_layer, _finish_mean, rows=()),
        "vit_msn": _Kin("ViTMSN", "vit.", plan_vit_layer, _finish_first),
    }
)  # fmt: skip
"""By the model type."""

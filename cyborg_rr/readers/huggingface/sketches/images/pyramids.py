"""SegFormer and PVT: layers over an image that grows coarser, with keys of fewer places.

Names: ``modeling_segformer.py``, ``modeling_pvt.py`` and ``modeling_pvt_v2.py`` of transformers,
as checkpoints keep them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.plans import Linear
from cyborg_rr.readers.architectures.sketching import (
    Sketch,
    attend,
    convolve,
    flatten_image,
    norm_batch,
    restore_image,
    take,
)
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.images.convolving import MAX_DEPTH, MAX_WIDTH
from cyborg_rr.readers.huggingface.sketches.images.entering import find_pair, take_first

_SIDE: Final = 512
_TAKEN: Final = ("the configuration states no size of images: work is that of {0} x {0} pixels",)
_LISTS: Final = ("depths", "hidden_sizes", "patch_sizes", "strides", "num_attention_heads",
                 "mlp_ratios")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Kin:
    """How the parts are called; a place holds ``{stage}`` and ``{block}``."""

    named: str
    prefix: str
    patches: str
    block: str
    norm: str
    inside: str
    output: str
    reduction: str
    ratios: str = "sr_ratios"
    by_channel: bool = True
    overlap: bool = True
    projection: str = "proj"
    tasks: tuple[str, ...] = ("Model", "ForImageClassification")


_KIN: Final[Mapping[str, _Kin]] = MappingProxyType(
    {
        "segformer": _Kin("Segformer", "segformer.", "encoder.patch_embeddings.{stage}.",
                          "encoder.block.{stage}.{block}.", "encoder.layer_norm.{stage}",
                          "attention.self.", "attention.output.dense", "sr",
                          tasks=("Model", "ForImageClassification", "ForSemanticSegmentation")),
        "pvt_v2": _Kin("PvtV2", "pvt_v2.", "encoder.layers.{stage}.patch_embedding.",
                       "encoder.layers.{stage}.blocks.{block}.",
                       "encoder.layers.{stage}.layer_norm", "attention.", "attention.proj",
                       "spatial_reduction"),
        "pvt": _Kin("Pvt", "pvt.", "encoder.patch_embeddings.{stage}.",
                    "encoder.block.{stage}.{block}.", "encoder.layer_norm", "attention.self.",
                    "attention.output.dense", "sequence_reduction",
                    ratios="sequence_reduction_ratios", by_channel=False, overlap=False,
                    projection="projection"),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Stage:
    depth: int
    width: int
    patch: int
    step: int
    heads: int
    wider: float
    ratio: int


def plan_pyramid(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    kin = _KIN[settings.text("model_type")]
    task = name_class(settings).removeprefix(kin.named)
    stages = _list_stages(settings, kin)
    if task not in kin.tasks or not stages or settings.flag("linear_attention"):
        return None
    prefix = "" if task == "Model" else kin.prefix
    stated = settings.find("image_size") is not None
    sides = find_pair(settings if stated else settings.fill({"image_size": _SIDE}), "image_size")

    def draw(drawing: Drawing) -> str:
        channels = settings.count("num_channels", default=3)
        value = take(drawing, "pixels", "batch", channels, *sides)
        found, place = [], sides
        for number, stage in enumerate(stages):
            inner = stages[number - 1].width if number else channels
            value, place = _draw_stage(drawing, value, kin, settings, prefix, number, inner, place,
                                       stages)  # fmt: skip
            found.append((value, place, stage.width))
            if number < len(stages) - 1:
                value = restore_image(drawing, value, stage.width, *place)
        if task == "Model":
            return "output"
        if task == "ForSemanticSegmentation":
            return _segment(drawing, found, settings)
        if kin.overlap:
            value = drawing.apply("reduce", value, function="mean", axes=(1,))
        else:
            value = take_first(drawing, value)
        drawing.linear(value, Linear("classifier", True), stages[-1].width, count_labels(settings))
        return "logits"

    notes = () if stated else (_TAKEN[0].format(_SIDE),)
    return Sketch(settings.element_type or DEFAULT_TYPE, draw, notes)


def _list_stages(settings: Settings, kin: _Kin) -> list[_Stage]:
    """All stages; none where the lists do not fit together or say what cannot be."""
    lists = [settings.numbers(name) for name in (*_LISTS, kin.ratios)]
    count = settings.count("num_encoder_blocks", default=4)
    if any(len(each) != count for each in lists) or not count:
        return []
    if not all(0 < n < MAX_WIDTH for each in lists for n in each) or sum(lists[0]) > MAX_DEPTH:
        return []
    return [_Stage(*each) for each in zip(*lists, strict=True)]


def _draw_stage(
    drawing: Drawing, value: str, kin: _Kin, settings: Settings, prefix: str, number: int,
    inner: int, place: tuple[int, int], stages: list[_Stage],
) -> tuple[str, tuple[int, int]]:  # fmt: skip
    """Patches, the layers over them, and how many there are down and across."""
    stage, last = stages[number], number == len(stages) - 1
    name = prefix + kin.patches.format(stage=number)
    around = stage.patch // 2 if kin.overlap else 0
    value = convolve(drawing, value, f"{name}{kin.projection}", inner, stage.width,
                     (stage.patch, stage.patch), stride=stage.step, padding=around)  # fmt: skip
    high, wide = ((side + 2 * around - stage.patch) // stage.step + 1 for side in place)
    place = max(high, 1), max(wide, 1)
    value = flatten_image(drawing, value, stage.width)
    value = drawing.norm(value, f"{name}layer_norm", stage.width, "layer")
    if not kin.overlap:
        rows = 1 if last else 0
        if rows:
            drawing.weight(f"{name}cls_token", 1, 1, stage.width)
            value = drawing.apply("pad", value, padding_low=(0, 1, 0), padding_high=(0, 0, 0))
        table = drawing.weight(f"{name}position_embeddings", 1, place[0] * place[1] + rows,
                               stage.width)  # fmt: skip
        value = drawing.apply("add", value, table)
    for block in range(stage.depth):
        inside = prefix + kin.block.format(stage=number, block=block)
        value = _draw_block(drawing, value, kin, settings, inside, stage, place)
    if kin.overlap or last:
        name = prefix + kin.norm.format(stage=number)
        value = drawing.norm(value, name, stage.width, "layer")
    return value, place


def _draw_block(
    drawing: Drawing, value: str, kin: _Kin, settings: Settings, prefix: str, stage: _Stage,
    place: tuple[int, int],
) -> str:  # fmt: skip
    width, inside = stage.width, prefix + kin.inside
    normed = drawing.norm(value, f"{prefix}layer_norm_1", width, "layer")
    source = normed
    if stage.ratio > 1:
        image = restore_image(drawing, normed, width, *place)
        image = convolve(drawing, image, f"{inside}{kin.reduction}", width, width,
                         (stage.ratio, stage.ratio), stride=stage.ratio, padding=0)  # fmt: skip
        source = flatten_image(drawing, image, width)
        source = drawing.norm(source, f"{inside}layer_norm", width, "layer")
    bias = settings.flag("qkv_bias", default=True)
    query, key, stored = (Linear(f"{inside}{side}", bias) for side in ("query", "key", "value"))
    names = (query, key, stored, Linear(prefix + kin.output, True))
    part = attend(drawing, normed, names, stage.heads, width, source=source)
    value = drawing.apply("add", value, part)
    fed = drawing.norm(value, f"{prefix}layer_norm_2", width, "layer")
    wide = int(width * stage.wider)
    fed = drawing.linear(fed, Linear(f"{prefix}mlp.dense1", True), width, wide)
    if kin.by_channel:
        image = restore_image(drawing, fed, wide, *place)
        image = convolve(drawing, image, f"{prefix}mlp.dwconv.dwconv", wide, wide, (3, 3),
                         groups=wide)  # fmt: skip
        fed = flatten_image(drawing, image, wide)
    fed = drawing.apply("gelu", fed)
    fed = drawing.linear(fed, Linear(f"{prefix}mlp.dense2", True), wide, width)
    return drawing.apply("add", value, fed)


def _segment(
    drawing: Drawing, found: list[tuple[str, tuple[int, int], int]], settings: Settings
) -> str:
    """All stages as large as the first, and classes scored for each of its places."""
    hidden = settings.count("decoder_hidden_size", default=256)
    first, parts = found[0][1], []
    for number, (value, place, width) in enumerate(found):
        value = drawing.linear(value, Linear(f"decode_head.linear_c.{number}.proj", True), width,
                               hidden)  # fmt: skip
        image = restore_image(drawing, value, hidden, *place)
        factors = (1.0, 1.0, first[0] / place[0], first[1] / place[1])
        parts.append(drawing.apply("resize", image, scales=factors, mode="linear"))
    value = drawing.apply("concatenate", *reversed(parts), axis=1)
    value = convolve(drawing, value, "decode_head.linear_fuse", hidden * len(parts), hidden, (1, 1),
                     bias=False)  # fmt: skip
    value = drawing.apply("relu", norm_batch(drawing, value, "decode_head.batch_norm", hidden))
    convolve(drawing, value, "decode_head.classifier", hidden, count_labels(settings), (1, 1))
    return "logits"

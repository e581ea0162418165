"""Vision transformers with more behind their layers or in front: MAE, YOLOS, and AST for sounds.

Names: ``modeling_vit_mae.py``, ``modeling_yolos.py`` and
``modeling_audio_spectrogram_transformer.py`` of transformers, as checkpoints keep them.
"""

from __future__ import annotations

from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.layers import draw_layers
from cyborg_rr.readers.architectures.plans import Frame, Linear
from cyborg_rr.readers.architectures.sketching import Sketch, take
from cyborg_rr.readers.huggingface.recipes.encoders import DEFAULT_TYPE
from cyborg_rr.readers.huggingface.recipes.heads import count_labels, name_class
from cyborg_rr.readers.huggingface.recipes.parts import count_layers, find_hidden
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.images.entering import (
    count_places,
    cut_patches,
    find_pair,
    put_rows,
    take_first,
)
from cyborg_rr.readers.huggingface.sketches.images.kin import plan_vit_layer

_BOX: Final = 4
_STEPS: Final = 3


def plan_mae(settings: Settings) -> Sketch | None:
    """MAE: an encoder of the patches that are kept, and a decoder of all of them."""
    task = name_class(settings).removeprefix("ViTMAE")
    if task not in ("Model", "ForPreTraining"):
        return None
    prefix = "" if task == "Model" else "vit."
    sides, patch = find_pair(settings, "image_size"), find_pair(settings, "patch_size")
    down, across = count_places(sides, patch, patch)
    channels, count = settings.count("num_channels", default=3), down * across
    stated = settings.find("mask_ratio")
    kept = int(count * (1 - (0.75 if stated is None else settings.number("mask_ratio"))))

    def draw(drawing: Drawing) -> str:
        hidden = find_hidden(settings)
        value = take(drawing, "pixels", "batch", channels, *sides)
        name = Linear(f"{prefix}embeddings.patch_embeddings.projection", True)
        value = cut_patches(drawing, value, name, channels, hidden, patch, patch)
        drawing.weight(f"{prefix}embeddings.position_embeddings", 1, count + 1, hidden)
        value = take_first(drawing, value, end=max(kept, 0))
        value = put_rows(drawing, value, f"{prefix}embeddings.", hidden, {"cls_token": 1})
        frame = Frame(hidden, prefix + "encoder.layer.{layer}.")
        layers = (plan_vit_layer(settings),) * count_layers(settings)
        value = draw_layers(drawing, value, layers, frame)
        value = drawing.norm(value, f"{prefix}layernorm", hidden, "layer")
        if not prefix:
            return "output"
        _restore(
            drawing, value, settings, count, count - max(kept, 0), channels * patch[0] * patch[1]
        )
        return "pixels_again"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _restore(
    drawing: Drawing, value: str, settings: Settings, count: int, lacking: int, outer: int
) -> None:
    """The decoder: a row of its own for each patch that was left out."""
    inside = "decoder."
    narrow = settings.with_prefix("decoder_")
    hidden = find_hidden(narrow)
    value = drawing.linear(value, Linear(f"{inside}decoder_embed", True), find_hidden(settings),
                           hidden)  # fmt: skip
    drawing.weight(f"{inside}mask_token", 1, 1, hidden)
    value = drawing.apply("pad", value, padding_low=(0, 0, 0), padding_high=(0, lacking, 0))
    table = drawing.weight(f"{inside}decoder_pos_embed", 1, count + 1, hidden)
    value = drawing.apply("add", value, table)
    layers = (plan_vit_layer(narrow),) * count_layers(narrow)
    value = draw_layers(drawing, value, layers, Frame(hidden, "decoder.decoder_layers.{layer}."))
    value = drawing.norm(value, f"{inside}decoder_norm", hidden, "layer")
    drawing.linear(value, Linear(f"{inside}decoder_pred", True), hidden, outer)


def plan_yolos(settings: Settings) -> Sketch | None:
    """YOLOS: rows of queries behind the patches, from which boxes and classes are made."""
    task = name_class(settings).removeprefix("Yolos")
    if task != "ForObjectDetection":
        return None
    sides, patch = find_pair(settings, "image_size"), find_pair(settings, "patch_size")
    down, across = count_places(sides, patch, patch)
    asked = settings.count("num_detection_tokens", default=100)

    def draw(drawing: Drawing) -> str:
        hidden, channels = find_hidden(settings), settings.count("num_channels", default=3)
        value = take(drawing, "pixels", "batch", channels, *sides)
        inside, total = "vit.embeddings.", down * across + asked + 1
        name = Linear(f"{inside}patch_embeddings.projection", True)
        value = cut_patches(drawing, value, name, channels, hidden, patch, patch)
        rows = {"cls_token": 1, "detection_tokens": asked}
        value = put_rows(drawing, value, inside, hidden, rows)
        table = drawing.weight(f"{inside}position_embeddings", 1, total, hidden)
        value = drawing.apply("add", value, table)
        layers = count_layers(settings)
        if settings.flag("use_mid_position_embeddings", default=True):
            drawing.weight("vit.encoder.mid_position_embeddings", max(layers - 1, 0), 1, total,
                           hidden)  # fmt: skip
        frame = Frame(hidden, "vit.encoder.layer.{layer}.")
        value = draw_layers(drawing, value, (plan_vit_layer(settings),) * layers, frame)
        value = drawing.norm(value, "vit.layernorm", hidden, "layer")
        value = take_first(drawing, value, end=asked)
        drawing.put_out(_step(drawing, value, "class_labels_classifier", hidden,
                              count_labels(settings) + 1))  # fmt: skip
        drawing.apply("sigmoid", _step(drawing, value, "bbox_predictor", hidden, _BOX))
        return "boxes"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)


def _step(drawing: Drawing, value: str, name: str, hidden: int, outer: int) -> str:
    """Weights one after the other, the last as wide as what is asked for."""
    for number in range(_STEPS):
        last = number == _STEPS - 1
        weight = Linear(f"{name}.layers.{number}", True)
        value = drawing.linear(value, weight, hidden, outer if last else hidden)
        value = value if last else drawing.apply("relu", value)
    return value


def plan_ast(settings: Settings) -> Sketch | None:
    """AST: patches of a spectrogram that overlap."""
    task = name_class(settings).removeprefix("AST")
    if task not in ("Model", "ForAudioClassification"):
        return None
    prefix = "" if task == "Model" else "audio_spectrogram_transformer."
    bands, length = settings.count("num_mel_bins", default=128), settings.count("max_length")
    size = settings.count("patch_size")
    step = (settings.count("frequency_stride"), settings.count("time_stride"))
    if not all(step) or not 0 < size < 2**14:
        return None
    down, across = count_places((bands, length), (size, size), step)

    def draw(drawing: Drawing) -> str:
        hidden, inside = find_hidden(settings), f"{prefix}embeddings."
        value = take(drawing, "mel", "batch", length, bands)
        value = drawing.apply("unsqueeze", value, axes=(1,))
        value = drawing.apply("transpose", value, permutation=(0, 1, 3, 2))
        name = Linear(f"{inside}patch_embeddings.projection", True)
        value = cut_patches(drawing, value, name, 1, hidden, (size, size), step)
        rows = {"cls_token": 1, "distillation_token": 1}
        value = put_rows(drawing, value, inside, hidden, rows)
        table = drawing.weight(f"{inside}position_embeddings", 1, down * across + 2, hidden)
        value = drawing.apply("add", value, table)
        frame = Frame(hidden, prefix + "encoder.layer.{layer}.")
        layers = (plan_vit_layer(settings),) * count_layers(settings)
        value = draw_layers(drawing, value, layers, frame)
        value = drawing.norm(value, f"{prefix}layernorm", hidden, "layer")
        if not prefix:
            return "output"
        value = take_first(drawing, value)
        value = drawing.norm(value, "classifier.layernorm", hidden, "layer")
        drawing.linear(value, Linear("classifier.dense", True), hidden, count_labels(settings))
        return "logits"

    return Sketch(settings.element_type or DEFAULT_TYPE, draw)

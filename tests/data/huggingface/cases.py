"""Classes, small settings for them, and inputs: what ``count.py`` builds and counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Case = tuple[str, dict[str, Any], str, str]
"""Class, settings, inputs by the product's names and sizes, and the method that runs."""

SIZES = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
         "intermediate_size": 96}  # fmt: skip
WORDS = {**SIZES, "vocab_size": 99}
PATCHES = {**SIZES, "image_size": 32, "patch_size": 8}
MARKS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1,
         "sep_token_id": 2}  # fmt: skip
IDS, PIXELS, LARGER = "ids(1,32)", "pixels(1,3,32,32)", "pixels(1,3,64,64)"
MODEL, MASKED, CLASSES, TOKENS = ("Model", "ForMaskedLM", "ForSequenceClassification",
                                  "ForTokenClassification")  # fmt: skip
ANSWERS, CHOICES, IMAGES = "ForQuestionAnswering", "ForMultipleChoice", "ForImageClassification"


def spread(
    named: str, tasks: tuple[str, ...], settings: dict[str, Any], inputs: str
) -> Iterator[Case]:
    """The same settings for classes of one model."""
    for task in tasks:
        yield named + task, settings, inputs, "forward"


def list_texts() -> Iterator[Case]:
    """Encoders of text."""
    most = (MODEL, MASKED, CLASSES, TOKENS)
    yield from spread("MPNet", (*most, ANSWERS), WORDS, IDS)
    yield from spread("MPNet", (CHOICES,), WORDS, "")
    turned = {**WORDS, "position_embedding_type": "rotary", "mask_token_id": 3, "pad_token_id": 1}
    learnt = {**WORDS, "emb_layer_norm_before": True, "mask_token_id": 3, "pad_token_id": 1}
    yield from spread("Esm", most, turned, IDS)
    yield from spread("Esm", most, learnt, IDS)
    yield from spread("NomicBert", most, {**WORDS, "head_dim": 12}, IDS)
    yield from spread("LayoutLM", (*most, ANSWERS), WORDS, f"{IDS} bbox(1,32,4)")
    yield from spread("MegatronBert", (*most, ANSWERS), WORDS, IDS)
    yield from spread("BigBird", most, WORDS, IDS)
    yield from spread("ModernBert", (*most, ANSWERS), {**WORDS, **MARKS}, IDS)
    yield from spread("Splinter", (MODEL,), WORDS, IDS)


def list_patched() -> Iterator[Case]:
    """Vision transformers over patches of one size."""
    both, hidden = (MODEL, IMAGES), "ForMaskedImageModeling"
    relative = {**PATCHES, "use_mean_pooling": False, "use_absolute_position_embeddings": True,
                "use_relative_position_bias": True, "use_shared_relative_position_bias": True,
                "layer_scale_init_value": 0.0, "use_mask_token": True}  # fmt: skip
    yield from spread("Beit", (*both, hidden), PATCHES, PIXELS)
    yield from spread("Beit", (*both, hidden), relative, PIXELS)
    for named in ("Data2VecVision", "IJepa", "ViTMSN", "Dinov2WithRegisters"):
        yield from spread(named, both, PATCHES, PIXELS)
    yield from spread("DINOv3ViT", (MODEL,), {**PATCHES, "num_register_tokens": 4}, PIXELS)
    gated = {**PATCHES, "use_gated_mlp": True, "hidden_act": "silu"}
    yield from spread("DINOv3ViT", (MODEL,), gated, PIXELS)
    small = {f"decoder_{name}": size // 2 for name, size in SIZES.items()}
    yield from spread("ViTMAE", (MODEL, "ForPreTraining"), {**PATCHES, **small}, PIXELS)
    wide = {**PATCHES, "image_size": [32, 48], "num_detection_tokens": 5}
    yield from spread("Yolos", ("ForObjectDetection",), wide, "pixels(1,3,32,48)")
    sound = {**SIZES, "patch_size": 8, "max_length": 64, "num_mel_bins": 32}
    yield from spread("AST", (MODEL, "ForAudioClassification"), sound, "mel(1,64,32)")


def list_convolved() -> Iterator[Case]:
    """Networks that make images coarser on their way."""
    both = (MODEL, IMAGES)
    stages = {"hidden_sizes": [16, 32], "depths": [1, 2]}
    grouped = {**stages, "embedding_size": 8, "groups_width": 8}
    yield from spread("RegNet", both, grouped, LARGER)
    yield from spread("RegNet", both, {**grouped, "layer_type": "x"}, LARGER)
    yield from spread("MobileNetV1", both, {"depth_multiplier": 0.25}, "pixels(1,3,65,64)")
    holes = {"depth_multiplier": 0.35, "output_stride": 16}
    yield from spread("MobileNetV2", both, holes, "pixels(1,3,65,64)")
    necks = {"hidden_sizes": [16, 24, 32], "neck_hidden_sizes": [8, 8, 16, 24, 32, 40, 64],
             "image_size": 64}  # fmt: skip
    yield from spread("MobileViT", both, necks, LARGER)
    scaled = {"width_coefficient": 0.5, "depth_coefficient": 1.2, "hidden_dim": 640,
              "depthwise_padding": [3]}  # fmt: skip
    yield from spread("EfficientNet", both, scaled, "pixels(1,3,70,70)")
    yield from spread("ConvNextV2", both, {**stages, "num_stages": 2}, LARGER)
    yield from spread("DINOv3ConvNext", (MODEL,), stages, LARGER)
    windows = {"embed_dim": 16, "depths": [2, 1], "num_heads": [2, 4], "image_size": 64,
               "window_size": 4}  # fmt: skip
    yield from spread("Swinv2", both, windows, LARGER)
    pyramid = {"hidden_sizes": [8, 16], "depths": [1, 2], "num_encoder_blocks": 2,
               "strides": [4, 2], "num_attention_heads": [1, 2], "mlp_ratios": [2, 4],
               "image_size": 64}  # fmt: skip
    overlapping = {**pyramid, "patch_sizes": [7, 3], "sr_ratios": [4, 1]}
    yield from spread("Segformer", both, overlapping, LARGER)
    segments = {**overlapping, "decoder_hidden_size": 24}
    yield from spread("Segformer", ("ForSemanticSegmentation",), segments, LARGER)
    yield from spread("PvtV2", both, overlapping, LARGER)
    apart = {**pyramid, "patch_sizes": [4, 2], "sequence_reduction_ratios": [4, 1]}
    yield from spread("Pvt", both, {**apart, "num_labels": 7}, LARGER)


CASES: tuple[Case, ...] = (*list_texts(), *list_patched(), *list_convolved())

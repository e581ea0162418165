"""Classes, small settings for them, and inputs: what ``count.py`` builds and counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seldom import SELDOM

Case = tuple[str, dict[str, Any], str, dict[str, Any]]
"""Class, settings, inputs by the product's names and sizes, and arguments of the call where they
are not just these: texts state sizes of random numbers."""

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
        yield named + task, settings, inputs, {}


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
    squeezed = {**WORDS, "embedding_size": 48}
    yield from spread("SqueezeBert", (*most, ANSWERS), squeezed, IDS)
    narrow = {**WORDS, "embedding_size": 16, "intra_bottleneck_size": 24}
    yield from spread("MobileBert", (*most, ANSWERS), narrow, IDS)
    disentangled = {**WORDS, "relative_attention": True, "pos_att_type": ["c2p", "p2c"],
                    "position_biased_input": False}  # fmt: skip
    yield from spread("Deberta", (*most, ANSWERS), disentangled, IDS)
    page = {**WORDS, "input_size": 32, "patch_size": 8, "coordinate_size": 8, "shape_size": 8}
    seen = f"{IDS} bbox(1,32,4) {PIXELS}"
    yield from spread("LayoutLMv3", (MODEL, CLASSES, TOKENS, ANSWERS), page, seen)
    yield from spread("LayoutLMv3", (TOKENS,), {**page, "num_labels": 12}, seen)
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


def list_deep() -> Iterator[Case]:
    """What is built of others."""
    inner = {"model_type": "dinov2", "hidden_size": 48, "num_hidden_layers": 4,
             "num_attention_heads": 4, "image_size": 70, "patch_size": 14,
             "out_indices": [1, 2, 3, 4], "reshape_hidden_states": False}  # fmt: skip
    depth = {"backbone_config": inner, "reassemble_hidden_size": 48,
             "neck_hidden_sizes": [8, 12, 16, 20], "fusion_hidden_size": 16,
             "head_hidden_size": 6}  # fmt: skip
    yield from spread("DepthAnything", ("ForDepthEstimation",), depth, "pixels(1,3,70,70)")


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


def list_pairs() -> Iterator[Case]:
    """Encoders and decoders that attend to them."""
    both = f"{IDS} decoder_ids(1,32)"
    sides = {
        f"{side}_{name}": size
        for side in ("encoder", "decoder")
        for name, size in (("layers", 2), ("attention_heads", 4), ("ffn_dim", 96))
    }
    bart = {"d_model": 48, "vocab_size": 99, **sides, "max_position_embeddings": 64,
            "eos_token_id": 2, "pad_token_id": 1, "decoder_start_token_id": 2,
            "forced_eos_token_id": 2}  # fmt: skip
    tasks = (MODEL, ANSWERS, "ForConditionalGeneration")
    for named in ("Bart", "MBart"):
        yield from spread(named, tasks, bart, both)
        yield from spread(named, (CLASSES,), bart, "")
    yield from spread("Pegasus", (MODEL,), bart, both)
    t5 = {"d_model": 48, "d_kv": 12, "d_ff": 96, "num_layers": 2, "num_heads": 4,
          "vocab_size": 99}  # fmt: skip
    for named in ("T5", "UMT5", "MT5"):
        yield from spread(named, ("EncoderModel",), t5, IDS)
        yield from spread(named, (MODEL, "ForConditionalGeneration"), t5, both)


def list_sounds() -> Iterator[Case]:
    """Encoders of waves."""
    convolved = {**WORDS, "conv_dim": [16, 16, 24], "conv_kernel": [10, 3, 3],
                 "conv_stride": [5, 2, 2], "num_conv_pos_embeddings": 8,
                 "num_conv_pos_embedding_groups": 4, "classifier_proj_size": 20}  # fmt: skip
    tasks = (MODEL, "ForCTC", CLASSES)
    for named in ("WavLM", "UniSpeechSat"):
        yield from spread(named, tasks, convolved, "wave(1,800)")
        stable = {**convolved, "do_stable_layer_norm": True, "feat_extract_norm": "layer"}
        yield from spread(named, tasks[:1], stable, "wave(1,800)")
    layered = {**convolved, "num_conv_pos_embeddings": 2, "conv_pos_kernel_size": 5}
    yield from spread("Data2VecAudio", tasks, layered, "wave(1,800)")


HEADS = {"num_attention_heads": 2, "attention_head_dim": 24, "num_layers": 2}
TIME = [500]


def list_diffused() -> Iterator[Case]:
    """Transformers of diffusers, called as their pipelines call them."""
    text = {"encoder_hidden_states": "of(1,7,20)"}
    coder = {"base_dim": 8, "z_dim": 4, "dim_mult": [1, 2, 2], "num_res_blocks": 1,
             "temperal_downsample": [False, True]}  # fmt: skip
    for named in ("AutoencoderKLWan", "AutoencoderKLQwenImage"):
        yield named, coder, "latent(1,4,1,64,64)", {"decode": "of(1,4,1,64,64)"}
    steered = {"block_out_channels": [8, 16], "layers_per_block": 1, "norm_num_groups": 4,
               "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
               "cross_attention_dim": 20, "attention_head_dim": 2}  # fmt: skip
    yield ("ControlNetModel", steered,
           "sample(1,4,64,64) text(1,7,20) timestep(1,8) condition(1,3,512,512)",
           {"sample": "of(1,4,64,64)", **text, "timestep": TIME,
            "controlnet_cond": "of(1,3,512,512)"})  # fmt: skip
    sd3 = {**HEADS, "joint_attention_dim": 20, "caption_projection_dim": 48,
           "pooled_projection_dim": 12, "sample_size": 8, "in_channels": 4, "out_channels": 4,
           "pos_embed_max_size": 8}  # fmt: skip
    inputs = "sample(1,4,8,8) text(1,7,20) pooled_text(1,12) timestep(1,256)"
    call = {"hidden_states": "of(1,4,8,8)", **text, "pooled_projections": "of(1,12)",
            "timestep": TIME}  # fmt: skip
    yield "SD3Transformer2DModel", sd3, inputs, call
    later = {**sd3, "qk_norm": "rms_norm", "dual_attention_layers": [0]}
    yield "SD3Transformer2DModel", later, inputs, call
    qwen = {**HEADS, "joint_attention_dim": 20, "in_channels": 16, "out_channels": 4,
            "axes_dims_rope": [8, 8, 8]}  # fmt: skip
    yield ("QwenImageTransformer2DModel", qwen,
           "image_tokens(1,12,16) text(1,7,20) timestep(1,256)",
           {"hidden_states": "of(1,12,16)", **text, "timestep": TIME,
            "img_shapes": [[[1, 3, 4]]], "encoder_hidden_states_mask": None})  # fmt: skip
    aura = {"num_attention_heads": 2, "attention_head_dim": 24, "num_mmdit_layers": 1,
            "num_single_dit_layers": 2, "joint_attention_dim": 20, "caption_projection_dim": 48,
            "sample_size": 8, "pos_embed_max_size": 64}  # fmt: skip
    yield ("AuraFlowTransformer2DModel", aura, "sample(1,4,8,8) text(1,7,20) timestep(1,256)",
           {"hidden_states": "of(1,4,8,8)", **text, "timestep": TIME})  # fmt: skip
    wan = {**HEADS, "text_dim": 20, "freq_dim": 32, "ffn_dim": 80, "in_channels": 4,
           "out_channels": 4}  # fmt: skip
    yield ("WanTransformer3DModel", wan, "video(1,4,3,8,6) text(1,7,20) timestep(1,32)",
           {"hidden_states": "of(1,4,3,8,6)", **text, "timestep": TIME})  # fmt: skip
    ltx = {**HEADS, "cross_attention_dim": 48, "caption_channels": 20, "in_channels": 16,
           "out_channels": 16}  # fmt: skip
    yield ("LTXVideoTransformer3DModel", ltx,
           "video_tokens(1,24,16) text(1,7,20) timestep(1,256)",
           {"hidden_states": "of(1,24,16)", **text, "timestep": TIME, "num_frames": 2,
            "height": 3, "width": 4, "encoder_attention_mask": None})  # fmt: skip
    sana = {**HEADS, "num_cross_attention_heads": 3, "cross_attention_head_dim": 16,
            "cross_attention_dim": 48, "caption_channels": 20, "in_channels": 8,
            "out_channels": 8, "sample_size": 8}  # fmt: skip
    yield ("SanaTransformer2DModel", sana, "sample(1,8,8,8) text(1,7,20) timestep(1,256)",
           {"hidden_states": "of(1,8,8,8)", **text, "timestep": TIME})  # fmt: skip
    cog = {**HEADS, "text_embed_dim": 20, "time_embed_dim": 16, "in_channels": 4,
           "out_channels": 4, "sample_width": 12, "sample_height": 8, "sample_frames": 9,
           "max_text_seq_length": 7}  # fmt: skip
    yield ("CogVideoXTransformer3DModel", cog,
           "video(1,3,4,8,12) text(1,7,20) timestep(1,48)",
           {"hidden_states": "of(1,3,4,8,12)", **text, "timestep": TIME})  # fmt: skip
    hunyuan = {**HEADS, "num_single_layers": 2, "num_refiner_layers": 1, "text_embed_dim": 20,
               "pooled_projection_dim": 12, "in_channels": 4, "out_channels": 4,
               "rope_axes_dim": [8, 8, 8]}  # fmt: skip
    yield ("HunyuanVideoTransformer3DModel", hunyuan,
           "video(1,4,3,8,6) text(1,7,20) pooled_text(1,12) timestep(1,256) guidance(1,256)",
           {"hidden_states": "of(1,4,3,8,6)", **text, "timestep": TIME, "guidance": [1000],
            "encoder_attention_mask": [[1] * 7], "pooled_projections": "of(1,12)"})  # fmt: skip


CASES: tuple[Case, ...] = (
    *list_texts(),
    *list_patched(),
    *list_pairs(),
    *list_sounds(),
    *list_convolved(),
    *list_deep(),
    *list_diffused(),
    *SELDOM,
)

"""Which sketch is for which model; a module is loaded when its turn comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final, cast

from cyborg_rr.readers.architectures.sketching import Sketch
from cyborg_rr.readers.huggingface.settings import Settings

PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ControlNetModel": "diffusion.controlnet:plan_controlnet",
        "AutoencoderKLQwenImage": "diffusion.wan_vae:plan_wan_vae",
        "AutoencoderKLWan": "diffusion.wan_vae:plan_wan_vae",
        "AutoencoderKL": "vae:plan_vae",
        "audio-spectrogram-transformer": "images.behind:plan_ast",
        "beit": "images.kin:plan_kin",
        "data2vec-vision": "images.kin:plan_kin",
        "dinov2_with_registers": "vits:plan_vit",
        "dinov3_vit": "images.kin:plan_kin",
        "convnextv2": "convnext:plan_convnext",
        "dinov3_convnext": "images.convnext3:plan_convnext3",
        "efficientnet": "images.efficientnet:plan_efficientnet",
        "mobilenet_v1": "images.mobile:plan_mobilenet_v1",
        "mobilenet_v2": "images.mobile:plan_mobilenet_v2",
        "mobilevit": "images.mobile:plan_mobilevit",
        "pvt": "images.pyramids:plan_pyramid",
        "pvt_v2": "images.pyramids:plan_pyramid",
        "regnet": "images.regnet:plan_regnet",
        "segformer": "images.pyramids:plan_pyramid",
        "ijepa": "images.kin:plan_kin",
        "vit_mae": "images.behind:plan_mae",
        "vit_msn": "images.kin:plan_kin",
        "yolos": "images.behind:plan_yolos",
        "FluxTransformer2DModel": "flux:plan_flux",
        "AuraFlowTransformer2DModel": "diffusion.joined:plan_auraflow",
        "CogVideoXTransformer3DModel": "diffusion.videos:plan_cogvideox",
        "HunyuanVideoTransformer3DModel": "diffusion.videos:plan_hunyuan_video",
        "LTXVideoTransformer3DModel": "diffusion.crossing:plan_ltx",
        "QwenImageTransformer2DModel": "diffusion.joined:plan_qwen_image",
        "SD3Transformer2DModel": "diffusion.joined:plan_sd3",
        "SanaTransformer2DModel": "diffusion.crossing:plan_sana",
        "WanTransformer3DModel": "diffusion.crossing:plan_wan",
        "PixArtTransformer2DModel": "pixart:plan_pixart",
        "UNet2DConditionModel": "unet:plan_unet",
        "convnext": "convnext:plan_convnext",
        "clip": "clip:plan_whole",
        "clip_text_model": "clip:plan_text",
        "clip_vision_model": "clip:plan_vision",
        "deberta-v2": "deberta:plan_deberta",
        "deit": "vits:plan_vit",
        "deberta": "texts.deberta1:plan_deberta1",
        "depth_anything": "images.depth:plan_depth",
        "layoutlmv3": "texts.layoutlm3:plan_layoutlm3",
        "mobilebert": "texts.mobilebert:plan_mobilebert",
        "squeezebert": "texts.squeezebert:plan_squeezebert",
        "detr": "detr:plan_detr",
        "dinov2": "vits:plan_vit",
        "hubert": "wav2vec2:plan_wav2vec2",
        "resnet": "resnet:plan_resnet",
        "siglip": "clip:plan_whole",
        "siglip_text_model": "clip:plan_text",
        "siglip_vision_model": "clip:plan_vision",
        "swin": "swin:plan_swin",
        "swinv2": "swin:plan_swin",
        "data2vec-audio": "wav2vec2:plan_wav2vec2",
        "unispeech-sat": "wav2vec2:plan_wav2vec2",
        "wavlm": "wav2vec2:plan_wav2vec2",
        "wav2vec2": "wav2vec2:plan_wav2vec2",
    }
)
"""Module and function by the model type of transformers or the class of diffusers."""


def find_sketch(word: str) -> Callable[[Settings], Sketch | None] | None:
    """What draws a model; None where nothing here does."""
    place = PLACES.get(word)
    if place is None:
        return None
    module, _, name = place.partition(":")
    found = getattr(import_module(f"{__package__}.{module}"), name)
    return cast(Callable[[Settings], Sketch | None], found)

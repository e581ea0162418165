"""Which towers a model has, where its names stand, and how they are put beside its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.joining import Features, Joined, Place
from cyborg_rr.readers.architectures.plans import Decoder
from cyborg_rr.readers.architectures.towers import Keep, Pixels, Step, Tower, draw_tower
from cyborg_rr.readers.formats.safetensors import show
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.towers import projecting as by
from cyborg_rr.readers.huggingface.towers import querying
from cyborg_rr.readers.huggingface.towers.defaults import enter_part
from cyborg_rr.readers.huggingface.towers.images import IMAGES
from cyborg_rr.readers.huggingface.towers.packed import PACKED
from cyborg_rr.readers.huggingface.towers.sounds import (
    plan_chunks,
    plan_sound,
    plan_turned,
    plan_windows,
)
from cyborg_rr.readers.huggingface.towers.tiled import PREFIX, PROJECTOR, draw_tiles

Projector = Callable[[Settings, Settings, int], tuple[Step, ...]]
Recipe = Callable[[Settings, Settings, int, "Row"], Tower | None]

_PARTS: Final = ("vision_config", "audio_config", "speech_config", "vq_config")
"""Parts that a configuration may state; where one is not drawn the graph is not of all."""

_IMAGE_TOKENS: Final = ("image_token_index", "image_token_id")
_BEYOND: Final = "multi_modal_projector."
_SOUND_TOKENS: Final = ("audio_token_index", "audio_token_id")


@dataclass(frozen=True, slots=True)
class Row:
    """A model: what makes its tower, what stands behind that, and in front of the names of both.

    ``part`` are the settings of its tower, a ``twin`` is a second one like it of another name.
    """

    recipe: Recipe
    projector: Projector | None = None
    tower: str = "vision_tower."
    beyond: str = _BEYOND
    part: str = "vision_config"
    place: Place = "tokens"
    tokens: tuple[str, ...] = _IMAGE_TOKENS
    twin: str = ""


def _image(settings: Settings, vision: Settings, outer: int, row: Row) -> Tower | None:
    """An encoder of images by its own model type."""
    recipe = IMAGES.get(vision.text("model_type"))
    tower = None if recipe is None else recipe(vision, row.tower)
    return None if tower is None else _take_layers(settings, tower)


def _take_layers(settings: Settings, tower: Tower) -> Tower:
    """The layers whose vectors the projector takes, where a model says which."""
    name = "vision_feature_layer"
    found = settings.find(name, "vision_feature_layers")
    if found is None:
        found = _TAKEN.get(settings.text("model_type"))
    listed = found if isinstance(found, (list, tuple)) else (found,)
    if found is None or tuple(listed) == (-1,):
        return tower
    depth = len(tower.layers)
    if not all(type(one) is int and -depth - 1 <= one <= depth for one in listed):
        raise UnreadableModel(f"config.json: {name} is {show(str(found))}")
    return replace(tower, taken=tuple(listed))


_TAKEN: Final[Mapping[str, object]] = MappingProxyType(
    {**dict.fromkeys(("llava", "llava_next", "llava_next_video", "video_llava"), -2),
     "vipllava": (-2, -5, -8, -11, 6)}
)  # fmt: skip
"""What is taken where nothing is stated; elsewhere what stands behind all layers."""


def _twin(settings: Settings, vision: Settings, outer: int, row: Row) -> Tower | None:
    """A second tower like the first, which videos would run through instead."""
    tower = _image(settings, vision, outer, row)
    if tower is None:
        return None
    drawing = Drawing("f32")
    draw_tower(drawing, replace(tower, behind=()))
    names = {name.replace(row.tower, row.twin, 1): held for name, held in drawing.stored.items()}
    extra = tuple((name, tuple(int(size) for size in held.type.shape or ()))
                  for name, held in names.items())  # fmt: skip
    return replace(tower, final=(*tower.final, Keep(extra, outside=True)))


def _packed(settings: Settings, vision: Settings, outer: int, row: Row) -> Tower | None:
    return PACKED[settings.text("model_type")](settings, vision, outer, row.tower)


def _sound(settings: Settings, audio: Settings, outer: int, row: Row) -> Tower | None:
    return plan_sound(audio, row.tower)


def _chunks(settings: Settings, audio: Settings, outer: int, row: Row) -> Tower | None:
    return plan_chunks(audio, row.tower)


def _turned(settings: Settings, audio: Settings, outer: int, row: Row) -> Tower | None:
    return plan_turned(audio, row.tower)


def _windows(settings: Settings, audio: Settings, outer: int, row: Row) -> Tower | None:
    return plan_windows(audio, row.tower)


_SOUND: Final = Row(_sound, None, "audio_tower.", part="audio_config", tokens=_SOUND_TOKENS)
_QWEN3: Final = Row(_packed, tower="model.visual.", beyond="")

ROWS: Final[Mapping[str, Row | tuple[Row, ...]]] = MappingProxyType(
    {
        "audioflamingo3": replace(_SOUND, projector=by.project_heard),
        "exaone4_5": _QWEN3,
        "glm_ocr": _QWEN3,
        "glmasr": replace(_SOUND, recipe=_turned, projector=by.project_turned),
        "ovis2": Row(_image, by.project_words, "model.vision_tower.", "model."),
        "qwen3_asr": Row(_windows, by.project_transcribed, "model.audio_tower.",
                         "model.multi_modal_projector.", "audio_config", tokens=_SOUND_TOKENS),
        "qwen3_omni_moe_thinker": (
            Row(_packed, tower="visual.", beyond=""),
            replace(_SOUND, recipe=_windows),
        ),
        "blip-2": Row(_image, querying.project_queried, "vision_model.", "qformer."),
        "gemma4": Row(_image, by.project_bare, "model.vision_tower.", "model.embed_vision."),
        "git": Row(_image, by.project_normed, "git.image_encoder.vision_model.",
                   "git.visual_projection.", place="front"),
        "glm46v": _QWEN3,
        "idefics2": Row(_image, querying.project_resampled, "model.vision_model.",
                        "model.connector."),
        "instructblip": Row(_image, querying.project_queried, "vision_model.", "qformer."),
        "instructblipvideo": Row(_image, querying.project_queried, "vision_model.", "qformer.",
                                 tokens=("video_token_index", "video_token_id")),
        "llama4": Row(_image, by.project_scouted, "vision_model."),
        "paddleocr_vl": Row(_image, by.project_flat, "visual.vision_model.", "mlp_AR."),
        "qwen2_5_omni_thinker": (
            Row(_packed, tower="visual.", beyond=""),
            replace(_SOUND, recipe=_chunks),
        ),
        "video_llama_3": Row(_image, by.project_readout, "model.vision_model.",
                             "model.projector."),
        "aya_vision": Row(_image, by.project_gated),
        "cohere2_vision": Row(_image, by.project_gated),
        "deepseek_vl": Row(_image, by.project_plain, "model.vision_model.", "model.aligner."),
        "gemma3": Row(_image, by.project_pooled),
        "glm4v": _QWEN3,
        "glm4v_moe": _QWEN3,
        "idefics3": Row(_image, by.project_connected, "model.vision_model.", "model.connector."),
        "internvl": Row(_image, by.project_shuffled),
        "janus": Row(_image, by.project_aligned, "model.vision_model.", "model.aligner.",
                     ),
        "lfm2_vl": Row(_image, by.project_down, "model.vision_tower.",
                       "model.multi_modal_projector."),
        "lighton_ocr": Row(_image, by.project_merged, "model.vision_encoder.",
                           "model.vision_projection."),
        "llava": Row(_image, by.project_twice),
        "llava_next": Row(_image, by.project_with_newline),
        "llava_next_video": Row(_image, by.project_with_newline),
        "llava_onevision": Row(_image, by.project_with_newline),
        "mistral3": Row(_image, by.project_merged),
        "paligemma": Row(_image, by.project_once),
        "qwen2_5_vl": Row(_packed, tower="visual.", beyond=""),
        "qwen2_audio": replace(_SOUND, projector=by.project_audio),
        "qwen2_vl": Row(_packed, tower="visual.", beyond=""),
        "qwen3_5": _QWEN3,
        "qwen3_5_moe": _QWEN3,
        "qwen3_vl": _QWEN3,
        "qwen3_vl_moe": _QWEN3,
        "smolvlm": Row(_image, by.project_connected, "model.vision_model.", "model.connector."),
        "video_llava": Row(_twin, by.project_twice, "image_tower.", twin="video_tower."),
        "vipllava": Row(_image, by.project_many),
        "voxtral": replace(_SOUND, projector=by.project_joined_audio),
    }
)  # fmt: skip
"""What is beside the text, by the model type of the whole."""

_TILED: Final = "mllama"
MODELS: Final = frozenset({*ROWS, _TILED})
"""All model types with towers here."""


def join_towers(settings: Settings, decoder: Decoder) -> Joined | None:
    """A decoder with its towers; None where one of them is not known here."""
    model = settings.text("model_type")
    if model == _TILED:
        return _join_tiles(settings, decoder)
    rows = ROWS.get(model, ())
    rows = rows if isinstance(rows, tuple) else (rows,)
    towers = [_plan(settings, decoder.hidden, row) for row in rows]
    if not rows or any(tower is None for tower in towers):
        return None
    pairs = [(t, row) for t, row in zip(towers, rows, strict=True) if t is not None]
    draws = tuple(_draw_later(settings, tower, row) for tower, row in pairs)
    parts = {decoder.embedding.rpartition(".")[0] + "."}
    parts |= {name for tower, row in pairs for name in (tower.prefix, tower.beyond, row.twin)}
    notes = tuple(dict.fromkeys(note for tower, _ in pairs for note in _list_notes(tower)))
    known = {row.part for row in rows}
    whole = not any(settings.find(part) for part in _PARTS if part not in known)
    return Joined(decoder, draws, tuple(sorted(parts - {""}, key=len, reverse=True)), notes, whole)


def _plan(settings: Settings, outer: int, row: Row) -> Tower | None:
    part = enter_part(settings, row.part)
    tower = None if part is None else row.recipe(settings, part, outer, row)
    if tower is None or part is None or row.projector is None:
        return tower
    steps = row.projector(settings, part, outer)
    return replace(tower, beyond=row.beyond, behind=steps)


def _draw_later(settings: Settings, tower: Tower, row: Row) -> Callable[[Drawing], Features]:
    token = next((n for name in row.tokens if (n := settings.find_count(name)) is not None), 0)

    def draw(drawing: Drawing) -> Features:
        value, deep = draw_tower(drawing, tower)
        return Features(value, token, deep, row.place)

    return draw


def _list_notes(tower: Tower) -> Iterator[str]:
    """What the graph takes for granted of what it is fed with."""
    if any(tower.windows):
        yield f"patches come in whole windows of {max(tower.windows)}"
    if isinstance(tower.entry, Pixels) and tower.entry.joined:
        yield "eager code multiplies the patches of all images with each other"


def _join_tiles(settings: Settings, decoder: Decoder) -> Joined | None:
    """Llama 3.2 Vision, whose text attends to the tiles of an image."""
    vision = enter_part(settings, "vision_config")
    if vision is None:
        return None

    def draw(drawing: Drawing) -> Features:
        return draw_tiles(drawing, vision, decoder.hidden)

    text = decoder.embedding.rpartition(".")[0] + "."
    return Joined(decoder, (draw,), (PROJECTOR, PREFIX, text))

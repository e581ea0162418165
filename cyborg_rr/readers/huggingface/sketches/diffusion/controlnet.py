"""ControlNet: the way down of a UNet, steered by an image, and a weight for all it hands over.

Names and defaults: ``models/controlnets/controlnet.py`` of diffusers.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from cyborg_rr.readers.architectures.drawing import Drawing
from cyborg_rr.readers.architectures.sketching import Sketch, convolve, take
from cyborg_rr.readers.huggingface.settings import Settings
from cyborg_rr.readers.huggingface.sketches.diffusing import TYPE
from cyborg_rr.readers.huggingface.sketches.unet import (
    UNetPlan,
    draw_descent,
    draw_time,
    find_plan,
)

_SIDE: Final = 64
_NOTE: Final = "the configuration states no size of images: work is that of {0} x {0} latent places"


def plan_controlnet(settings: Settings) -> Sketch | None:
    """The sketch of a configuration; None for settings that are not drawn here."""
    down = settings.texts("down_block_types")
    back = [word.replace("Down", "Up") for word in reversed(down)]
    plan = find_plan(settings.fill({"up_block_types": back}))
    widths = tuple(settings.numbers("conditioning_embedding_out_channels")) or (16, 32, 96, 256)
    if plan is None or settings.flag("global_pool_conditions"):
        return None
    if not 1 < len(widths) < 8 or not all(0 < width < 2**20 for width in widths):
        return None

    def draw(drawing: Drawing) -> str:
        channels = settings.count("in_channels", default=4)
        value = take(drawing, "sample", "batch", channels, _SIDE, _SIDE)
        text = take(drawing, "text", "batch", "sequence", plan.text_width)
        time = draw_time(drawing, settings, plan)
        value = convolve(drawing, value, "conv_in", channels, plan.widths[0], (3, 3))
        value = drawing.apply("add", value, _steer(drawing, settings, plan, widths))
        found = draw_descent(drawing, value, plan, time, text, _SIDE)
        for number, (aside, width) in enumerate(found.kept):
            name = f"controlnet_down_blocks.{number}"
            drawing.put_out(convolve(drawing, aside, name, width, width, (1, 1)))
        last = plan.widths[-1]
        convolve(drawing, found.value, "controlnet_mid_block", last, last, (1, 1))
        return "middle"

    return Sketch(settings.element_type or TYPE, draw, (_NOTE.format(_SIDE),))


def _steer(drawing: Drawing, settings: Settings, plan: UNetPlan, widths: tuple[int, ...]) -> str:
    """The image that steers, as small as the latent."""
    prefix, channels = "controlnet_cond_embedding.", settings.count("conditioning_channels",
                                                                    default=3)  # fmt: skip
    side = _SIDE * 2 ** (len(widths) - 1)
    value = take(drawing, "condition", "batch", channels, side, side)
    value = convolve(drawing, value, f"{prefix}conv_in", channels, widths[0], (3, 3))
    for number, (inner, outer) in enumerate(pairwise(widths)):
        value = drawing.apply("silu", value)
        name = f"{prefix}blocks.{2 * number}"
        value = drawing.apply("silu", convolve(drawing, value, name, inner, inner, (3, 3)))
        name = f"{prefix}blocks.{2 * number + 1}"
        value = convolve(drawing, value, name, inner, outer, (3, 3), stride=2)
    value = drawing.apply("silu", value)
    return convolve(drawing, value, f"{prefix}conv_out", widths[-1], plan.widths[0], (3, 3))

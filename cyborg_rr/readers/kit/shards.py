"""Between a whole tensor and the part of it that one device holds."""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.graph.graph import AttributeValue, TensorType
from cyborg_rr.readers.kit.steps import Step


def change_shards(
    inputs: tuple[str, ...], outputs: tuple[str, ...], before: TensorType, after: TensorType
) -> Step:
    """Between a whole tensor and the part that one device holds: nothing is computed.

    A part is a slice of the whole; the whole stands for as many parts as there are devices.
    """
    if before.is_static and after.is_static and len(before.shape or ()) == len(after.shape or ()):
        old, new = _sizes(before), _sizes(after)
        if all(part <= whole for part, whole in zip(new, old, strict=True)):
            zeros, ones = (0,) * len(new), (1,) * len(new)
            axes = tuple(range(len(new)))
            spans: Mapping[str, AttributeValue] = {
                "starts": zeros, "ends": new, "axes": axes, "steps": ones,
            }  # fmt: skip
            return Step("slice", inputs, outputs, spans)
        if all(part and whole % part == 0 for part, whole in zip(old, new, strict=True)):
            repeats = tuple(whole // part for part, whole in zip(old, new, strict=True))
            return Step("tile", inputs, outputs, {"repeats": repeats})
    return Step("custom_call", inputs, outputs, {"target": "change of shards"})


def _sizes(tensor: TensorType) -> tuple[int, ...]:
    return tuple(int(size) for size in tensor.shape or ())

"""What a caller may choose about a match."""

from __future__ import annotations

from dataclasses import dataclass

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.words import ELEMENT_TYPES, POLICIES, PrecisionPolicy

CONVERSIONS = tuple(entry.name for entry in ELEMENT_TYPES.values() if entry.is_target)
"""Element types that floating-point weights and activations are converted to in practice."""

HOST_DEVICES = 8
"""How many devices of a class a host has at most, unless the caller says otherwise."""

MAX_SET_SIZE = 64


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """Choices of the caller.

    ``element_type`` converts floating-point weights and activations, with ``keep_io`` all but
    inputs and outputs, or packs weights alone where it needs scales (``converting.packing``).
    ``batch`` is only repeated in the assumptions: the requirement was extracted with it.
    ``devices_limit`` is the largest set of devices that may hold a model together.
    ``allow_fallback`` lets a part of a model run on the host's processor. ``runtime`` is the name
    of one or a kind (None: what usually runs such files), ``precision_policy`` what f32 products
    are computed in.
    """

    element_type: str | None = None
    runtime: str | None = None
    batch: int | None = None
    devices_limit: int = HOST_DEVICES
    allow_fallback: bool = False
    precision_policy: PrecisionPolicy = "default"
    keep_io: bool = False

    def __post_init__(self) -> None:
        if self.element_type is not None and self.element_type not in CONVERSIONS:
            raise InvalidInput(
                f"floats cannot be converted to {self.element_type!r}; known are"
                f" {', '.join(CONVERSIONS)}"
            )
        if self.precision_policy not in POLICIES:
            raise InvalidInput(
                f"precision_policy must be {', '.join(POLICIES)}, not {self.precision_policy!r}"
            )
        if not 1 <= self.devices_limit <= MAX_SET_SIZE:
            raise InvalidInput(f"devices_limit must be 1 to {MAX_SET_SIZE}")

"""What a caller may choose about a match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.graph.graph import ELEMENT_BITS

Runtime = Literal["eager", "compiled"]

HOST_DEVICES = 8
"""How many devices of a class a host has at most, unless the caller says otherwise."""

LARGEST_SET = 64


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """Choices of the caller.

    ``element_type`` converts floating-point weights and activations. ``batch`` is only repeated in
    the assumptions: the requirement was extracted with it. ``devices_limit`` is the largest set of
    devices that may hold a model together.
    """

    element_type: str | None = None
    runtime: Runtime = "compiled"
    batch: int | None = None
    devices_limit: int = HOST_DEVICES

    def __post_init__(self) -> None:
        if self.element_type is not None and not ELEMENT_BITS.get(self.element_type):
            raise InvalidInput(f"{self.element_type!r} is not an element type")
        if self.runtime not in get_args(Runtime):
            raise InvalidInput(f"runtime must be eager or compiled, not {self.runtime!r}")
        if not 1 <= self.devices_limit <= LARGEST_SET:
            raise InvalidInput(f"devices_limit must be 1 to {LARGEST_SET}")

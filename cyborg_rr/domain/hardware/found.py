"""What a driver finds: facts about devices, before anything is offered to anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts
from cyborg_rr.domain.hardware.fields import DeviceFields
from cyborg_rr.domain.hardware.keys import key_of


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A part of a device that is handed out by itself: the whole of most, a slice of some.

    ``address`` names the part on its host. ``regions`` are the ids of the regions of an FPGA that
    can be reprogrammed. ``attributes`` say in key and value what has no field of its own.
    """

    address: str
    handles: tuple[AttachHandle, ...]
    regions: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """One device as a driver sees it.

    ``control_path`` (usually the PCI address parts) identifies it on its host. ``vendor_name`` is
    the vendor in a word; ``board`` the short name of board or chip, where its driver tells boards
    apart by name. ``is_recognised`` is false for a function of which nobody knows what it does:
    it was asked for by its ids.
    """

    control_path: Mapping[str, str]
    facts: DeviceFacts
    fields: DeviceFields
    parts: tuple[FoundPart, ...]
    vendor_name: str | None = None
    board: str | None = None
    is_recognised: bool = True

    @property
    def key(self) -> str:
        """Text that identifies the device on its host."""
        return key_of(self.control_path)

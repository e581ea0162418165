"""What a driver finds: facts about devices, before anything is offered to anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.hardware.devices import (
    AttachHandle,
    DeviceFacts,
    Trouble,
    render_slot_key,
)
from cyborg_rr.domain.hardware.fields import DeviceFields


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A part of a device that is handed out by itself: the whole of most, a slice of some.

    ``address`` names the part on its host: that of its device, never of one of its handles, since
    those come and go. ``name`` names the part within its device (a profile, a type; empty: the
    whole device, or all of its equal virtual functions). ``regions`` are the ids of the regions of
    an FPGA that can be reprogrammed. ``attributes`` say in key and value what has no field of its
    own. ``facts`` describe a part that is less than its device (its memory, its partition); None
    for one that is described as its device is. Where ``is_joined``, all its handles are of use
    together only: they go to one instance.
    """

    address: str
    handles: tuple[AttachHandle, ...]
    regions: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    facts: DeviceFacts | None = None
    is_joined: bool = False


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """One device as a driver sees it.

    ``control_path`` (usually the PCI address parts) says where it is. ``vendor_name`` is the vendor
    in a word; ``board`` the short name of board or chip, where its driver tells boards apart by
    name. ``is_recognised`` is false for a function of which nobody knows what it does: it was asked
    for by its ids.

    ``identity`` is its serial number or UUID with what kind it is of in front (``nvidia:GPU-...``,
    ``pci:...``); ``capacities`` the totals of what its handles consume; ``trouble`` why it cannot
    be given to anybody now; ``used_by_host`` what the host itself does with it, which matters
    unless somebody holds it. ``cut_from`` is the control path of another device that this one is
    a part of, though it is handed out as a device of its own: the whole and this one are never
    out at the same time.
    """

    control_path: Mapping[str, str]
    facts: DeviceFacts
    fields: DeviceFields
    parts: tuple[FoundPart, ...]
    vendor_name: str | None = None
    board: str | None = None
    is_recognised: bool = True
    identity: str | None = None
    capacities: Mapping[str, int] = field(default_factory=dict)
    trouble: Trouble | None = None
    used_by_host: str | None = None
    cut_from: Mapping[str, str] | None = None

    @property
    def slot_key(self) -> str:
        """Text for the slot together with what kind of device is in it."""
        return render_slot_key(self.control_path, self.facts)

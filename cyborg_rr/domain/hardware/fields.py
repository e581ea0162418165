"""What is read of a device for the columns that the accelerator API shows, written down once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DeviceFields:
    """A device as its own files describe it.

    ``vendor`` is a PCI vendor id where there is one. The board infos are free: ids and class in
    the standard one, what only this vendor has (a uuid, a device node) in the other.
    """

    vendor: str
    model: str
    std_board_info: Mapping[str, str] = field(default_factory=dict)
    vendor_board_info: Mapping[str, str] = field(default_factory=dict)
    numa_node: int | None = None

"""The fields of a device, once: what is reported, stored and shown is composed of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DeviceFields:
    """What a driver reads of a device and callers are shown.

    A new one needs a default, since agents of before do not report it, a column of its name in
    ``db/tables.py``, a migration, and a driver that reads it. Mappings are stored as JSON text.
    """

    vendor: str
    model: str
    std_board_info: Mapping[str, str] = field(default_factory=dict)
    vendor_board_info: Mapping[str, str] = field(default_factory=dict)
    numa_node: int | None = None

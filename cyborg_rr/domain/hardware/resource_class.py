"""Which Placement resource class a device is offered as: one table for reports and profiles."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WHOLE: Mapping[str, str] = MappingProxyType(
    {
        "GPU": "PGPU",
        "FPGA": "FPGA",
        "NPU": "CUSTOM_NPU",
        "ASIC": "CUSTOM_ASIC",
        "DPU": "CUSTOM_DPU",
        "QAT": "CUSTOM_QAT",
        "NIC": "CUSTOM_NIC",
        "SSD": "CUSTOM_SSD",
        "PCI": "CUSTOM_PCI",
    }
)
"""Resource class of a whole device by kind."""

SLICED: Mapping[str, str] = MappingProxyType({"GPU": "VGPU"})
"""Resource class of a slice, where it differs from that of the whole device."""


def resource_class_of(kind: str, partition: str | None = None) -> str:
    """The resource class; a kind that the table does not know becomes ``CUSTOM_<KIND>``."""
    upper = "".join(c if c.isascii() and c.isalnum() else "_" for c in kind.upper())
    whole = WHOLE.get(upper, f"CUSTOM_{upper}")
    return whole if partition is None else SLICED.get(upper, whole)

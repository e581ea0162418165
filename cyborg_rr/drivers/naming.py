"""Names that several drivers give in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cyborg_rr.domain.hardware.addresses import PciAddress

DEVICE_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "GPU": "GPU",
        "FPGA": "FPGA",
        "NPU": "AICHIP",
        "ASIC": "AICHIP",
        "QAT": "QAT",
        "DPU": "NIC",
        "NIC": "NIC",
        "SSD": "SSD",
        "PCI": "PCI",
    }
)
"""The device ``type`` of the accelerator API by kind: callers of that API know no other values."""


def render_deployable_name(host: str, address: PciAddress) -> str:
    """``<host>_<address>``: unique in the cloud, and how existing providers are called."""
    return f"{host}_{address.render()}"

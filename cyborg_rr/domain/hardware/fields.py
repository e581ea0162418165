"""The fields of a device and of its parts, once: reported, stored and shown are made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from cyborg_rr.domain.documents import Range, since

NumaNode = Annotated[int, Range(-1, 2**31 - 1)]
"""A NUMA node as the kernel numbers it; -1: it says none. The column holds no larger number."""

Amount = Annotated[int, Range(0, 2**63 - 1)]
"""Of a capacity. One that is less than nothing would give back what others hold."""

Count = Annotated[int, Range(0, 2**31 - 1)]
"""What an integer column holds."""


PHYSICAL_NETWORK = "physical_network"
"""Attribute of a deployable: the network that its functions lead to, by Neutron's name. Nova asks
for it in the handle of a port's request, under this name."""


@dataclass(frozen=True, slots=True)
class DeviceFields:
    """What a driver reads of a device and callers are shown.

    A new one needs a default, since agents of before do not report it, a column of its name in
    ``db/tables.py``, a migration, and a driver that reads it. Mappings are stored as JSON text, and
    a text is one of at most 255 characters.

    ``peers`` are the devices of the host that it is linked to (beside PCI) by address, with the
    links in words; ``versions`` are those of drivers and toolchains found on its host, by name.
    """

    vendor: str
    model: str
    std_board_info: Mapping[str, str] = field(default_factory=dict)
    vendor_board_info: Mapping[str, str] = field(default_factory=dict)
    numa_node: NumaNode | None = None
    peers: Mapping[str, str] = field(default_factory=dict, metadata=since(1))
    versions: Mapping[str, str] = field(default_factory=dict, metadata=since(1))


@dataclass(frozen=True, slots=True)
class DeployableFields:
    """What a report says of a deployable itself, beside its handles and attributes.

    What is stored of one is composed of them, and a change of any is one that is stored.
    """

    resource_class: str
    num_accelerators: Count
    driver_name: str | None

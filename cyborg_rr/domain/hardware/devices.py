"""Devices as a host reports them: what a driver finds, before any database knows of it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.documents import composed, key
from cyborg_rr.domain.hardware.fields import DeployableFields, DeviceFields
from cyborg_rr.domain.hardware.keys import key_of

_NOT_IN_TRAIT = re.compile(r"[^A-Z0-9_]", re.ASCII)
MAX_TRAIT_LENGTH = 255

TRAIT_KEY = "trait"
"""What the keys of attributes that hold traits begin with."""


def render_trait(*parts: str) -> str:
    """Join parts to a custom Placement trait: upper case, other characters become underscores."""
    text = _NOT_IN_TRAIT.sub("_", "_".join(parts).upper())
    return f"CUSTOM_{text}"[:MAX_TRAIT_LENGTH]


def device_class_trait(device_class: str) -> str:
    """The Placement trait that every provider of a device class carries."""
    return render_trait("DEVICE_CLASS", device_class)


def render_provider_uuid(deployable_name: str) -> str:
    """The Placement provider uuid of a deployable: UUIDv3 of its name in the DNS namespace.

    The existing service derives it so; keeping the rule lets us adopt its allocations.
    """
    return str(uuid.uuid3(uuid.NAMESPACE_DNS, deployable_name))


@dataclass(frozen=True, slots=True)
class AttachHandle:
    """One thing that an instance can be given: type PCI, MDEV or TEST_PCI and its details."""

    type: str
    info: Mapping[str, str]

    @property
    def key(self) -> str:
        """Text that identifies the handle on its host, whichever deployable reports it."""
        return key_of(self.info, type=self.type)


@dataclass(frozen=True, slots=True)
class Deployable:
    """A schedulable part of a device: one resource provider with one resource class.

    ``name`` is unique in the whole cloud (``<host>_<address>``) and names the Placement provider.
    """

    name: str
    resource_class: str
    handles: tuple[AttachHandle, ...]
    traits: tuple[str, ...] = ()
    driver_name: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> DeployableFields:
        """What is stored of it as it is reported."""
        return DeployableFields(self.resource_class, len(self.handles), self.driver_name)

    def render_attributes(self) -> tuple[tuple[str, str], ...]:
        """The attributes that the API shows: ``rc``, then ``trait0``..., then the driver's own."""
        traits = ((f"{TRAIT_KEY}{index}", trait) for index, trait in enumerate(self.traits))
        return (("rc", self.resource_class), *traits, *sorted(self.attributes.items()))


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What a driver learnt from the device itself; None or empty where it could not be read.

    ``product`` is a catalogue id, set only by a driver that knows it for sure. ``architecture``
    is a compiler target such as sm_90 or gfx942. ``partition`` names a slice profile such as
    1g.10gb. ``functions`` are loaded FPGA functions (AFU ids, xclbin uuids). ``memory_bytes`` is
    what the driver reports, which is what a model can count on.
    """

    kind: str
    product: str | None = None
    product_name: str | None = None
    vendor_id: str | None = None
    device_id: str | None = None
    subsystem_vendor_id: str | None = None
    subsystem_device_id: str | None = None
    memory_bytes: int | None = None
    architecture: str | None = None
    partition: str | None = None
    functions: tuple[str, ...] = ()
    driver_version: str | None = None
    firmware_version: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A whole accelerator on one host, with its deployables.

    ``control_path`` (usually the PCI address parts) identifies it across reports of the host.
    """

    type: str
    control_path: Mapping[str, str]
    facts: DeviceFacts
    deployables: tuple[Deployable, ...]
    fields: DeviceFields = field(metadata=composed())

    @property
    def key(self) -> str:
        """Text that identifies the device on its host."""
        return key_of(self.control_path)

    @property
    def driver_name(self) -> str | None:
        """The driver that reported the device, as its deployables name it."""
        return self.deployables[0].driver_name if self.deployables else None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that one host has at one moment.

    ``failed_drivers`` could not look this time: what they reported before stays as it is, because
    silence of a driver is no proof that its devices are gone.
    """

    hostname: str = field(metadata=key("host"))
    devices: tuple[Device, ...]
    failed_drivers: tuple[str, ...] = ()

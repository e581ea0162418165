"""Devices as a host reports them: what a driver finds, before any database knows of it."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from cyborg_rr.domain.documents import composed, key, since, sparse
from cyborg_rr.domain.hardware.fields import Amount, Count, DeployableFields, DeviceFields
from cyborg_rr.domain.hardware.keys import key_of

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_NOT_IN_TRAIT = re.compile(r"[^A-Z0-9_]", re.ASCII)
MAX_TRAIT_LENGTH = 255

MDEV = "MDEV"
"""The type of a handle that is a mediated device."""

TRAIT_KEY = "trait"
"""What the keys of attributes that hold traits begin with."""


NO_LINKS = "none"
"""Name of the interconnect of a device that says that no peer is linked to it."""


def render_trait(*parts: str) -> str:
    """Join parts to a custom Placement trait: upper case, other characters become underscores."""
    text = _NOT_IN_TRAIT.sub("_", "_".join(parts).upper())
    return f"CUSTOM_{text}"[:MAX_TRAIT_LENGTH]


def device_class_trait(device_class: str) -> str:
    """The Placement trait that every provider of a device class carries."""
    return render_trait("DEVICE_CLASS", device_class)


def physical_network_trait(name: str) -> str:
    """The Placement trait of what leads to a physical network, as Neutron and Nova call it."""
    return render_trait("PHYSNET", name)


def render_provider_uuid(deployable_name: str) -> str:
    """The Placement provider uuid of a deployable: UUIDv3 of its name in the DNS namespace.

    The existing service derives it so; keeping the rule lets us adopt its allocations.
    """
    return str(uuid.uuid3(uuid.NAMESPACE_DNS, deployable_name))


@dataclass(frozen=True, slots=True)
class AttachHandle:
    """One thing that an instance can be given: type PCI, MDEV or TEST_PCI and its details.

    ``place`` says where on its deployable it is (a virtual function by its number, a partition by
    where it lies), whatever the address in ``info``; empty where an agent of the first release does
    not say. It takes of its device what it ``consumes``, and lies in an isolation ``unit`` of its
    host: all that is held of one unit is held by one instance.
    """

    type: str
    info: Mapping[str, str]
    place: str = field(default="", metadata=since(1))
    consumes: Mapping[str, Amount] = field(default_factory=dict, metadata=since(1))
    unit: str | None = field(default=None, metadata=since(1))

    @property
    def key(self) -> str:
        """Text that identifies what is given now on its host, whichever deployable reports it."""
        return key_of(self.info, type=self.type)

    @property
    def own_uuid(self) -> str | None:
        """The uuid of a mediated device, by which Nova takes it: so that of the handle as well."""
        stated = self.info.get("uuid", "")
        is_stated = self.type == MDEV and _UUID.fullmatch(stated) is not None
        return stated if is_stated else None


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What a driver learnt from the device itself; None or empty where it could not be read.

    ``product`` is a catalogue id, set only by a driver that knows it for sure. ``architecture``
    is a compiler target such as sm_90 or gfx942. ``partition`` names a slice profile such as
    1g.10gb. ``functions`` are loaded FPGA functions (AFU ids, xclbin uuids). ``memory_bytes`` is
    what the driver reports, which is what a model can count on; ``bandwidth_bytes_per_second`` is
    that of this memory. ``pcie`` is what its slot lets it reach, as generation x lanes
    (``5.0x16``). ``interconnect`` names the links to its peers, with the bytes per second of all of
    them in one direction; ``NO_LINKS`` where the device says that it has none. ``partition_modes``
    are the profiles or modes that the device itself says it can be divided into. ``platforms`` are
    the names of an FPGA's shell and the ids of the interfaces that designs are built upon.
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
    bandwidth_bytes_per_second: int | None = field(default=None, metadata=since(1))
    pcie: str | None = field(default=None, metadata=since(1))
    interconnect: str | None = field(default=None, metadata=since(1))
    interconnect_bytes_per_second: int | None = field(default=None, metadata=since(1))
    partition_modes: tuple[str, ...] = field(default=(), metadata=since(1))
    platforms: tuple[str, ...] = field(default=(), metadata=sparse(since=2))


@dataclass(frozen=True, slots=True)
class Deployable:
    """A schedulable part of a device: one resource provider with one resource class.

    ``part`` names it within its device, whatever the address; the whole of a device is empty text.
    ``name`` is what it is called at first sight (``<host>_<address>``): the name of the Placement
    provider, unless another device has that name already. A name once given stays.
    ``num_accelerators`` says how many of its handles can be held at a time; None: all of them.
    ``part_facts`` describe one that is less than its device; None: as its device is described.
    """

    name: str
    resource_class: str
    handles: tuple[AttachHandle, ...]
    traits: tuple[str, ...] = ()
    driver_name: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    part: str = field(default="", metadata=since(1))
    num_accelerators: Count | None = field(default=None, metadata=since(1))
    part_facts: DeviceFacts | None = field(default=None, metadata=since(1))

    @property
    def fields(self) -> DeployableFields:
        """What is stored of it as it is reported."""
        count = len(self.handles) if self.num_accelerators is None else self.num_accelerators
        return DeployableFields(self.resource_class, count, self.driver_name)

    def render_attributes(self) -> tuple[tuple[str, str], ...]:
        """The attributes that the API shows: ``rc``, then ``trait0``..., then the driver's own."""
        traits = ((f"{TRAIT_KEY}{index}", trait) for index, trait in enumerate(self.traits))
        return (("rc", self.resource_class), *traits, *sorted(self.attributes.items()))


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something cannot be used: a code to decide on, and the cause in words."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something on a host that is not offered, and why.

    ``slot_key`` says which device it is, as ``Device.slot_key`` does, so that one that is known
    already is withdrawn instead of forgotten. ``name`` is for people: its address.
    """

    name: str
    slot_key: str
    trouble: Trouble = field(metadata=composed())


@dataclass(frozen=True, slots=True)
class Device:
    """A whole accelerator on one host, with its deployables.

    ``control_path`` (usually the PCI address parts) says where it is now. ``identity`` says which
    one it is, wherever it is (a serial number or UUID, with what kind it is of in front); None when
    it has none that is its own. Handles consume its ``capacities`` (totals by name). A ``trouble``
    means that it cannot be given to anybody now.
    """

    type: str
    control_path: Mapping[str, str]
    facts: DeviceFacts
    deployables: tuple[Deployable, ...]
    fields: DeviceFields = field(metadata=composed())
    identity: str | None = field(default=None, metadata=since(1))
    capacities: Mapping[str, Amount] = field(default_factory=dict, metadata=since(1))
    trouble: Trouble | None = field(default=None, metadata=since(1))

    @property
    def key(self) -> str:
        """Text that identifies the device on its host: its identity, else where it is."""
        return self.identity or self.slot_key

    @property
    def slot_key(self) -> str:
        """Text for the slot together with what kind of device is in it."""
        return render_slot_key(self.control_path, self.facts)

    @property
    def driver_name(self) -> str | None:
        """The driver that reported the device, as its deployables name it."""
        return self.deployables[0].driver_name if self.deployables else None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that one host has at one moment.

    ``failed_drivers`` could not look this time: what they reported before stays as it is, because
    silence of a driver is no proof that its devices are gone. ``left_out`` is what the host has but
    does not offer.
    """

    hostname: str = field(metadata=key("host"))
    devices: tuple[Device, ...]
    failed_drivers: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = field(default=(), metadata=since(1))


ID_NAMES = ("vendor_id", "device_id", "subsystem_vendor_id", "subsystem_device_id")
"""The fields of ``DeviceFacts`` that say what kind of device is in a slot."""


def render_slot_key(control_path: Mapping[str, str], facts: DeviceFacts) -> str:
    """Text for a slot together with the ids of what is in it: the same device, as far as seen."""
    ids = {name: getattr(facts, name) for name in ID_NAMES}
    return key_of(control_path, **{name: value for name, value in ids.items() if value})


def parse_slot_key(slot_key: str) -> tuple[dict[str, str], dict[str, str]]:
    """The control path in a slot key, and the ids; both empty for a text that is none."""
    try:
        slot = json.loads(slot_key)
    except ValueError:
        slot = None
    path: dict[str, str] = {}
    ids: dict[str, str] = {}
    for name, value in slot.items() if isinstance(slot, dict) else ():
        (ids if name in ID_NAMES else path)[name] = str(value)
    return path, ids


def have_same_ids(slot_key: str, other: str) -> bool:
    """Whether no id in two slot keys is another: of one of them fewer may have been read."""
    ids, others = parse_slot_key(slot_key)[1], parse_slot_key(other)[1]
    return all(ids[name] == others[name] for name in ids.keys() & others.keys())

"""Devices as a host reports them: what a driver finds, before any database knows of it."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from cyborg_rr.domain.errors import InvalidInput

_PCI_ADDRESS = re.compile(r"([0-9a-f]{4,8}):([0-9a-f]{2}):([01][0-9a-f])\.([0-7])", re.ASCII)
_NOT_IN_TRAIT = re.compile(r"[^A-Z0-9_]", re.ASCII)
TRAIT_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True, order=True)
class PciAddress:
    """Where a function sits on the PCI bus."""

    domain: int
    bus: int
    device: int
    function: int

    @classmethod
    def parse(cls, text: str) -> PciAddress:
        """Read ``dddd:bb:ss.f`` in hexadecimal; anything else is ``InvalidInput``."""
        match = _PCI_ADDRESS.fullmatch(text.lower())
        if match is None:
            raise InvalidInput(f"{text!r} is not a PCI address of the form dddd:bb:ss.f")
        return cls(*(int(part, 16) for part in match.groups()))

    def render(self) -> str:
        """The address as the kernel writes it, for example ``0000:3b:00.0``."""
        return f"{self.domain:04x}:{self.bus:02x}:{self.device:02x}.{self.function:x}"

    def render_handle_info(self) -> dict[str, str]:
        """The four parts as the accelerator API gives them: hexadecimal text without a prefix."""
        return {
            "domain": f"{self.domain:04x}",
            "bus": f"{self.bus:02x}",
            "device": f"{self.device:02x}",
            "function": f"{self.function:x}",
        }


def render_trait(*parts: str) -> str:
    """Join parts to a custom Placement trait: upper case, other characters become underscores."""
    text = _NOT_IN_TRAIT.sub("_", "_".join(parts).upper())
    return f"CUSTOM_{text}"[:TRAIT_NAME_LENGTH]


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
        """Text that identifies the handle within its deployable."""
        return render_canonical({"type": self.type, **self.info})


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
    vendor: str
    model: str
    control_path: Mapping[str, str]
    facts: DeviceFacts
    deployables: tuple[Deployable, ...]
    std_board_info: Mapping[str, str] = field(default_factory=dict)
    vendor_board_info: Mapping[str, str] = field(default_factory=dict)
    numa_node: int | None = None

    @property
    def key(self) -> str:
        """Text that identifies the device on its host."""
        return render_canonical(dict(self.control_path))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that one host has at one moment.

    ``failed_drivers`` could not look this time: what they reported before stays as it is, because
    silence of a driver is no proof that its devices are gone.
    """

    host: str
    devices: tuple[Device, ...]
    failed_drivers: tuple[str, ...] = ()

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical content: equal snapshots have equal hashes."""
        return hashlib.sha256(render_canonical(asdict(self)).encode()).hexdigest()


def render_canonical(value: object) -> str:
    """JSON with sorted keys and no spaces, so that equal content is equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=dict)

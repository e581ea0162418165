"""What a host offers to schedulers outside, and how much of it can be had now.

Neutral: Placement is given inventories with reservations made of it, others something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cyborg_rr.domain.hardware.devices import MDEV, Trouble
from cyborg_rr.domain.hardware.stored import DeviceState, OperatorStatus

ATTACHABLE = frozenset({"PCI", MDEV, "TEST_PCI"})
"""Types of handles that the compute service takes; others it ignores, and boots the instance
without its device (Nova 34, ``nova/virt/libvirt/driver.py``). TEST_PCI is that of simulated
devices, which the accelerator service's own tests boot with."""

NOT_ATTACHABLE = "not_attachable"
"""The code of a part whose handles the compute service would ignore."""

NO_ROOT = "no_compute_node"
NAME_TAKEN = "name_taken"
UUID_TAKEN = "uuid_taken"
OWNED_BY_OTHER = "owned_by_compute"
REFUSED = "refused"

OF_OTHERS = frozenset({NAME_TAKEN, UUID_TAKEN, OWNED_BY_OTHER})
"""Causes why a part is withheld outside that say that somebody else manages it."""

NOT_OFFERED = OF_OTHERS | {NOT_ATTACHABLE, NO_ROOT, REFUSED}
"""Causes with which no scheduler finds a part outside."""


@dataclass(frozen=True, slots=True)
class OfferedPart:
    """A deployable as schedulers see it.

    ``total`` is the most that ever fits; ``held`` are held now and ``fits`` more could be had now
    by somebody who has nothing on this host. ``handle_types`` are those of its handles.
    ``withheld`` is what was stored as the cause why it is not wholly offered outside.
    """

    deployable_id: int
    name: str
    provider_uuid: str
    resource_class: str
    traits: frozenset[str]
    total: int
    held: int = 0
    fits: int = 0
    handle_types: frozenset[str] = frozenset({"PCI"})
    withheld: Trouble | None = None

    @property
    def is_attachable(self) -> bool:
        """Whether the compute service takes all of its handles."""
        return self.handle_types <= ATTACHABLE


@dataclass(frozen=True, slots=True)
class OfferedDevice:
    """A device of a host with its parts; ``trouble`` says why none of it may be given out."""

    uuid: str
    status: OperatorStatus
    state: DeviceState
    trouble: Trouble | None
    parts: Sequence[OfferedPart]

    @property
    def is_usable(self) -> bool:
        """Whether the device may be given to somebody at all."""
        return (
            self.status is OperatorStatus.ENABLED
            and self.state is DeviceState.PRESENT
            and self.trouble is None
        )


@dataclass(frozen=True, slots=True)
class OfferedHost:
    """All that a host offers; since ``lost_at`` nobody has heard of it (None: it is there).

    One that is not ``is_known`` has never reported, or was removed.
    """

    name: str
    lost_at: datetime | None
    devices: Sequence[OfferedDevice]
    is_known: bool = True

    def list_parts(self) -> Iterator[tuple[OfferedPart, int]]:
        """Each part of the host, with how much of it must be kept from schedulers now."""
        for device in self.devices:
            for part in device.parts:
                is_open = self.lost_at is None and device.is_usable and part.is_attachable
                yield part, count_reserved(part) if is_open else part.total


def count_reserved(part: OfferedPart) -> int:
    """What of the total is neither held nor to be had now: what others rule out, or is not clean.

    What is held counts as offered, since whoever holds it has an allocation of it.
    """
    return min(max(part.total - part.held - part.fits, 0), part.total)

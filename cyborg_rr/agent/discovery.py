"""What a host has now: its drivers asked, their answers put together to one snapshot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from cyborg_rr.agent.deadlines import DriverCalls
from cyborg_rr.domain.hardware.deriving import derive_devices, list_shared_identities
from cyborg_rr.domain.hardware.devices import AttachHandle, Device, LeftOut, Snapshot, Trouble
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.domain.hardware.hosts import DriverWord
from cyborg_rr.domain.requests import Claim
from cyborg_rr.drivers.answers import MAX_DEVICES
from cyborg_rr.drivers.driver import Driver, Look, Memory
from cyborg_rr.drivers.loading import DiscoveryResult, ask_directly, discover_all
from cyborg_rr.drivers.pci.offering import READ_SERIAL
from cyborg_rr.drivers.pci.reading.function import PCI
from cyborg_rr.drivers.pci.state import USED_BY_HOST

MAX_TROUBLE = 1000
"""Characters that are told of why a driver failed."""

WHOLE_HELD = "whole_held"
"""Code of a function whose card somebody holds as a whole."""


@dataclass(slots=True)
class Host:
    """One host that the agent speaks for, real or simulated, with its drivers.

    Which driver owns which function is remembered from one look to the next, so that a driver that
    fails once loses nothing to another. The drivers of a real host have a limit of time, in
    ``calls``. What it uses itself is not offered, unless ``offer_in_use`` has the device's address.
    ``words`` are what each driver found at the last look, or why it failed.
    """

    name: str
    drivers: Sequence[Driver]
    memory: Memory = field(default_factory=Memory)
    calls: DriverCalls | None = None
    offer_in_use: Collection[str] = ()
    host_id: str = ""
    words: Mapping[str, DriverWord] = field(default_factory=dict)
    _owners: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_simulated(self) -> bool:
        """Whether it is played by a driver: nothing changes by itself."""
        return self.calls is None

    def look(
        self, claims: Sequence[Claim] = (), unclean: Sequence[Claim] = ()
    ) -> tuple[Snapshot, dict[str, Driver]]:
        """The snapshot, and the driver of each deployable in it by the deployable's name.

        ``claims`` are those that stand, ``unclean`` those that are to be cleaned up: what somebody
        holds is offered as before, whatever uses it, and nothing that is cut from it.
        """
        look = Look(self.memory, self.host_id, [claim.handle for claim in claims])
        result = discover_all(self.drivers, self._owners, look, self._ask)
        self._owners = result.owners
        self.words = {driver.name: self._find_word(driver.name, result) for driver in self.drivers}
        twins = list_shared_identities(result.found)
        shared = [identity for identity in twins if identity.startswith(READ_SERIAL)]
        kept = (*claims, *unclean)
        held = {claim.device_key for claim in kept} | {claim.handle.key for claim in kept}
        offered: dict[str, list[FoundDevice]] = {}
        left_out = list(result.left_out)
        for name, devices in result.found.items():
            causes = [(device, self._find_cause(device, held)) for device in devices]
            offered[name] = [device for device, cause in causes if cause is None]
            left_out += [_leave_out(device, cause) for device, cause in causes if cause]
        derived = derive_devices(offered, self.name, self.memory.note_shared(shared))
        failed = tuple(sorted(result.failures))
        return Snapshot(self.name, derived, failed, tuple(left_out)), self._find_drivers(derived)

    def _find_word(self, name: str, result: DiscoveryResult) -> DriverWord:
        """What a driver found; one that goes on failing does so in the words of the first time.

        What it reported before counts still.
        """
        before = self.words.get(name, DriverWord(0))
        cause = result.failures.get(name)
        if cause is None:
            return DriverWord(len(result.found.get(name, ())))
        return before if before.trouble else DriverWord(before.devices, cause[:MAX_TROUBLE])

    def _ask(self, driver: Driver, look: Look) -> Sequence[FoundDevice]:
        if self.calls is None:
            return ask_directly(driver, look)
        return self.calls.run(driver.name, "a look", lambda: _list_bounded(driver, look))

    def _find_drivers(self, devices: Sequence[Device]) -> dict[str, Driver]:
        by_name = {driver.name: driver for driver in self.drivers}
        return {
            deployable.name: by_name[deployable.driver_name]
            for device in devices
            for deployable in device.deployables
            if deployable.driver_name in by_name
        }

    def _find_cause(self, device: FoundDevice, held: Collection[str]) -> Trouble | None:
        """Why a device is not offered, though its driver would; what is held always is."""
        if device.used_by_host is None and device.cut_from is None:
            return None
        if _is_held(device, held):
            return None
        if device.cut_from is not None and AttachHandle(PCI, device.cut_from).key in held:
            return Trouble(WHOLE_HELD, "somebody holds the card that it is cut from")
        if device.used_by_host is None or any(
            part.address in self.offer_in_use for part in device.parts
        ):
            return None
        return Trouble(USED_BY_HOST, device.used_by_host)


def _list_bounded(driver: Driver, look: Look) -> tuple[FoundDevice, ...]:
    """What it returns, in the thread that may hang: not more than is refused for its number."""
    return tuple(islice(driver.discover(look), MAX_DEVICES + 1))


def _is_held(device: FoundDevice, held: Collection[str]) -> bool:
    keys = {handle.key for part in device.parts for handle in part.handles}
    return device.slot_key in held or device.identity in held or not keys.isdisjoint(held)


def _leave_out(device: FoundDevice, cause: Trouble) -> LeftOut:
    name = device.parts[0].address if device.parts else device.slot_key
    return LeftOut(name, device.slot_key, cause)

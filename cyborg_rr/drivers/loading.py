"""Finding the enabled drivers by name, and asking them all what is there.

A driver is an entry point, or a row of the families of whole PCI functions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from stevedore import DriverManager, NamedExtensionManager

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle, LeftOut, Trouble
from cyborg_rr.domain.hardware.found import FoundDevice
from cyborg_rr.domain.hardware.keys import key_of
from cyborg_rr.domain.words import DEVICE_KINDS
from cyborg_rr.drivers.answers import check_found
from cyborg_rr.drivers.driver import (
    NO_VGPU_TYPE,
    WHOLE_OFFERED,
    CleanFailed,
    DiscoveryFailed,
    Driver,
    DriverContext,
    DriverFactory,
    Look,
)
from cyborg_rr.drivers.pci.family import PciFamilyDriver
from cyborg_rr.drivers.pci.state import MANAGEMENT, MODULE_INCOMPLETE
from cyborg_rr.drivers.whole_function.driver import WholeFunctionDriver
from cyborg_rr.drivers.whole_function.families import load_families

NAMESPACE = "cyborg_rr.drivers"

ACCELERATORS = "accelerators"
"""Stands for all drivers of accelerators that come with the service."""

ACCELERATOR_ROOMS = tuple(f"{NAMESPACE}.{room}." for room in ("gpu", "asic", "fpga"))
"""The rooms that they live in; network cards and drives belong to other managers by default."""

WITHHELD = frozenset({NO_VGPU_TYPE, MODULE_INCOMPLETE, MANAGEMENT})
"""Codes of what no other driver offers either, once its own one has looked: no device yet, half of
one, or what manages a board."""

_log = logging.getLogger(__name__)


class BrokenDriver:
    """Stands in for an enabled driver that could not be loaded, so that each report says so.

    Without it the driver's devices would look as if they had been removed from the host.
    """

    is_generic = False

    def __init__(self, name: str, cause: str) -> None:
        self.name = name
        self._cause = cause

    def discover(self, look: Look) -> Sequence[FoundDevice]:
        """Always ``DiscoveryFailed``, with the cause of the failed load."""
        raise DiscoveryFailed(self._cause)

    def prepare(self, handle: AttachHandle) -> None:
        """Always ``DiscoveryFailed``: nothing can be handed out without the driver."""
        raise DiscoveryFailed(self._cause)

    def release(self, handle: AttachHandle) -> None:
        """Always ``DiscoveryFailed``: the handle stays taken until the driver works again."""
        raise DiscoveryFailed(self._cause)

    def clean(self, handle: AttachHandle) -> str:
        """Always ``CleanFailed``: who cleans must know what."""
        raise CleanFailed("driver_broken", self._cause)


def list_available() -> tuple[str, ...]:
    """Names of the installed drivers, sorted; no entry point is imported."""
    manager: NamedExtensionManager[DriverFactory] = NamedExtensionManager(NAMESPACE, names=[])
    return tuple(sorted({*manager.entry_points_names(), *load_families()}))


def load_drivers(names: Sequence[str], context: DriverContext) -> list[Driver]:
    """Make the named drivers, in the order of ``names``; only their modules are imported.

    ``accelerators`` stands for all of those that are not named as well. Raises ``InvalidInput``
    for a name that is not installed or stands twice, and for an option that a driver refuses. A
    driver that cannot be imported becomes a ``BrokenDriver``.
    """
    available = list_available()
    names = _expand(names)
    for index, name in enumerate(names):
        if name not in available:
            raise InvalidInput(
                f"option [agent] enabled_drivers: there is no driver {name!r};"
                f" available: {', '.join(available)}"
            )
        if name in names[:index]:
            raise InvalidInput(f"option [agent] enabled_drivers: {name!r} stands twice")
    drivers = [_load(name, context) for name in names]
    introduce(drivers)
    return drivers


def introduce(drivers: Sequence[Driver]) -> None:
    """Let the drivers of one host ask each other about what shares an IOMMU group."""
    families = [driver for driver in drivers if isinstance(driver, PciFamilyDriver)]
    for family in families:
        family.others = families


def _expand(names: Sequence[str]) -> Sequence[str]:
    """The names, with those of all accelerators in the place of the word for them."""
    if ACCELERATORS not in names:
        return names
    index = names.index(ACCELERATORS)
    before, after = names[:index], names[index + 1 :]
    others = [name for name in list_accelerators() if name not in (*before, *after)]
    return [*before, *others, *after]


def list_accelerators() -> tuple[str, ...]:
    """Names of the drivers of accelerators that come with the service, those of own code first."""
    manager: NamedExtensionManager[DriverFactory] = NamedExtensionManager(NAMESPACE, names=[])
    own = sorted(
        entry.name
        for entry in manager.list_entry_points()
        if entry.value.startswith(ACCELERATOR_ROOMS)
    )
    families = (
        family.name
        for family in load_families().values()
        if not DEVICE_KINDS[family.kind].is_managed_elsewhere
    )
    return (*own, *families)


def _load(name: str, context: DriverContext) -> Driver:
    try:
        driver = _find_factory(name)(context)
    except InvalidInput:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - somebody else's: may raise anything
        _log.warning("driver %s could not be loaded", name, exc_info=True)
        return BrokenDriver(name, f"the driver could not be loaded: {_describe(error)}")
    return driver


def _find_factory(name: str) -> DriverFactory:
    family = load_families().get(name)
    if family is not None:
        return partial(WholeFunctionDriver, family)
    factory: DriverFactory = DriverManager(NAMESPACE, name).driver
    return factory


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """What all drivers together found, by the name of the driver.

    ``failures`` maps a failed driver's name to the cause. ``owners`` says which driver owns each
    function of the host; pass it to the next discovery. ``left_out`` is what no driver offers.
    """

    found: Mapping[str, tuple[FoundDevice, ...]]
    failures: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()


Ask = Callable[[Driver, Look], Sequence[FoundDevice]]
"""How a driver is asked what is there; it may give up waiting with ``DiscoveryFailed``."""


def ask_directly(driver: Driver, look: Look) -> Sequence[FoundDevice]:
    """Ask a driver and wait for it, however long that takes."""
    return driver.discover(look)


def discover_all(
    drivers: Sequence[Driver],
    owners: Mapping[str, str] = MappingProxyType({}),
    look: Look | None = None,
    ask: Ask = ask_directly,
) -> DiscoveryResult:
    """Ask every driver; the failure of one never hides the devices of another.

    Devices that overlap (same control path, a handle that another device has, one that is cut from
    the other) go to the driver that stands first, generic ones last. A function that a failed
    driver owned in the previous discovery (``owners``) is not given to another driver meanwhile,
    nor ever one of which its own driver says that it is no device (``WITHHELD``).
    """
    look = Look() if look is None else look
    found: dict[str, tuple[FoundDevice, ...]] = {}
    failures: dict[str, str] = {}
    owned = _Owned(owners, failures)
    for driver in sorted(drivers, key=lambda driver: driver.is_generic):
        try:
            devices = check_found(ask(driver, look))
        except DiscoveryFailed as error:
            failures[driver.name] = _describe(error)
            _log.warning("driver %s could not look for devices: %s", driver.name, error)
            continue
        except Exception as error:  # noqa: BLE001 - a driver's bug must not hide other devices
            failures[driver.name] = _describe(error)
            _log.exception("driver %s failed while looking for devices", driver.name)
            continue
        found[driver.name] = tuple(_take_own(devices, driver.name, owned, look))
        for key in _list_withheld(look.left_out):
            owned.claimed.setdefault(key, driver.name)
    kept = {key: name for key, name in owners.items() if name in failures}
    offered = {device.slot_key for devices in found.values() for device in devices}
    left_out = tuple(item for item in look.left_out if item.slot_key not in offered)
    return DiscoveryResult(found, failures, kept | owned.claimed, left_out)


@dataclass(frozen=True, slots=True)
class _Owned:
    """Whose each function is: in the last look, and by now in this one.

    ``cut`` names the cards of which a driver offers a function as a device of its own.
    """

    before: Mapping[str, str]
    failures: Mapping[str, str]
    claimed: dict[str, str] = field(default_factory=dict)
    cut: dict[str, str] = field(default_factory=dict)

    def find_rival(self, keys: set[str], name: str) -> str | None:
        """The driver that has one of these functions, or had it and cannot say so now."""
        for key in sorted(keys):
            if key in self.claimed:
                return self.claimed[key]
            if self.before.get(key, name) != name and self.before[key] in self.failures:
                return self.before[key]
        return None


def _take_own(
    devices: Sequence[FoundDevice], name: str, owned: _Owned, look: Look
) -> Iterator[FoundDevice]:
    """The devices of a driver that no other driver has, whole or in parts."""
    for device in devices:
        keys = _claims_of(device)
        whole = set() if device.cut_from is None else {key_of(device.cut_from)}
        rival = owned.find_rival(keys, name) or next(
            (owned.cut[key] for key in sorted(keys) if key in owned.cut), None
        )
        if rival is not None:
            _log.debug("%s of driver %s belongs to %s", device.slot_key, name, rival)
            continue
        rival = owned.find_rival(whole, name)
        if rival is not None:
            cause = Trouble(WHOLE_OFFERED, f"driver {rival} offers the card that it is cut from")
            look.leave_out(device.parts[0].address, device.slot_key, cause)
            continue
        owned.claimed.update(dict.fromkeys(keys, name))
        owned.cut.update(dict.fromkeys(whole, name))
        yield device


def _list_withheld(left_out: Sequence[LeftOut]) -> Iterator[str]:
    """Functions that no other driver may offer either: theirs knows that they are no devices."""
    for item in left_out:
        if item.trouble.code in WITHHELD:
            with suppress(InvalidInput):  # a plug-in's, which names no function of the bus
                yield key_of(PciAddress.parse(item.name).render_handle_info())


def _claims_of(device: FoundDevice) -> set[str]:
    keys = {key_of(handle.info) for part in device.parts for handle in part.handles}
    return keys | {key_of(device.control_path)}


def _describe(error: BaseException) -> str:
    """One line: the error's own words, with its type where those alone would not be understood."""
    text = " ".join(str(error).split())
    if isinstance(error, DiscoveryFailed) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

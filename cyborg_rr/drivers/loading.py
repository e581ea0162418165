"""Finding the enabled drivers by their entry points, and asking them all what is there."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from stevedore import DriverManager, NamedExtensionManager

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import AttachHandle, Device
from cyborg_rr.domain.hardware.keys import render_canonical
from cyborg_rr.drivers.driver import DiscoveryFailed, Driver, DriverContext, DriverFactory

NAMESPACE = "cyborg_rr.drivers"

_log = logging.getLogger(__name__)


class BrokenDriver:
    """Stands in for an enabled driver that could not be loaded, so that each report says so.

    Without it the driver's devices would look as if they had been removed from the host.
    """

    is_generic = False

    def __init__(self, name: str, cause: str) -> None:
        self.name = name
        self._cause = cause

    def discover(self) -> Sequence[Device]:
        """Always ``DiscoveryFailed``, with the cause of the failed load."""
        raise DiscoveryFailed(self._cause)

    def prepare(self, handle: AttachHandle, deployable_name: str) -> None:
        """Always ``DiscoveryFailed``: nothing can be handed out without the driver."""
        raise DiscoveryFailed(self._cause)

    def release(self, handle: AttachHandle, deployable_name: str) -> None:
        """Always ``DiscoveryFailed``: the handle stays taken until the driver works again."""
        raise DiscoveryFailed(self._cause)


def list_available() -> tuple[str, ...]:
    """Names of the installed drivers, sorted; none of them is imported."""
    manager: NamedExtensionManager[DriverFactory] = NamedExtensionManager(NAMESPACE, names=[])
    return tuple(sorted(set(manager.entry_points_names())))


def load_drivers(names: Sequence[str], context: DriverContext) -> list[Driver]:
    """Make the named drivers, in the order of ``names``; only their modules are imported.

    Raises ``InvalidInput`` for a name that is not installed or stands twice, and for an option
    that a driver refuses. A driver that cannot be imported becomes a ``BrokenDriver``.
    """
    available = list_available()
    for index, name in enumerate(names):
        if name not in available:
            raise InvalidInput(
                f"option [agent] enabled_drivers: there is no driver {name!r};"
                f" available: {', '.join(available)}"
            )
        if name in names[:index]:
            raise InvalidInput(f"option [agent] enabled_drivers: {name!r} stands twice")
    return [_load(name, context) for name in names]


def _load(name: str, context: DriverContext) -> Driver:
    try:
        factory: DriverFactory = DriverManager(NAMESPACE, name).driver
        driver = factory(context)
    except InvalidInput:
        raise
    except Exception as error:  # noqa: BLE001 - somebody else's module: it may raise anything
        _log.warning("driver %s could not be loaded", name, exc_info=True)
        return BrokenDriver(name, f"the driver could not be loaded: {_describe(error)}")
    return driver


@dataclass(frozen=True, slots=True)
class DiscoveryResult:
    """What all drivers together found; ``failures`` maps a failed driver's name to the cause.

    ``owners`` says which driver owns each function of the host; pass it to the next discovery.
    """

    devices: tuple[Device, ...]
    failures: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)


def discover_all(
    drivers: Sequence[Driver], owners: Mapping[str, str] = MappingProxyType({})
) -> DiscoveryResult:
    """Ask every driver; the failure of one never hides the devices of another.

    Devices that overlap (same control path, or a handle that another device has) go to the driver
    that stands first, generic ones last. A function that a failed driver owned in the previous
    discovery (``owners``) is not given to another driver meanwhile.
    """
    found: list[Device] = []
    failures: dict[str, str] = {}
    claimed: dict[str, str] = {}
    for driver in sorted(drivers, key=lambda driver: driver.is_generic):
        try:
            devices = tuple(driver.discover())
        except DiscoveryFailed as error:
            failures[driver.name] = _describe(error)
            _log.warning("driver %s could not look for devices: %s", driver.name, error)
            continue
        except Exception as error:  # noqa: BLE001 - a driver's bug must not hide other devices
            failures[driver.name] = _describe(error)
            _log.exception("driver %s failed while looking for devices", driver.name)
            continue
        for device in devices:
            keys = _claims_of(device)
            rival = _find_rival(keys, driver.name, claimed, owners, failures)
            if rival is None:
                found.append(device)
                claimed.update(dict.fromkeys(keys, driver.name))
            else:
                _log.debug("%s of driver %s belongs to %s", device.key, driver.name, rival)
    kept = {key: name for key, name in owners.items() if name in failures}
    return DiscoveryResult(tuple(found), failures, kept | claimed)


def _claims_of(device: Device) -> set[str]:
    keys = {
        render_canonical(dict(handle.info))
        for part in device.deployables
        for handle in part.handles
    }
    return keys | {device.key}


def _find_rival(
    keys: set[str],
    name: str,
    claimed: Mapping[str, str],
    owners: Mapping[str, str],
    failures: Mapping[str, str],
) -> str | None:
    for key in sorted(keys):
        if key in claimed:
            return claimed[key]
        if owners.get(key, name) != name and owners[key] in failures:
            return owners[key]
    return None


def _describe(error: Exception) -> str:
    """One line: the error's own words, with its type where those alone would not be understood."""
    text = " ".join(str(error).split())
    if isinstance(error, DiscoveryFailed) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

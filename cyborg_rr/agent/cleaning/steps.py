"""One clean of one handle: the driver's own step, the operator's hook, or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from oslo_log import log

from cyborg_rr.agent.cleaning import hook
from cyborg_rr.agent.cleaning.settings import CleaningSettings, HookWhen
from cyborg_rr.agent.deadlines import DriverCalls, DriverHangs
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle, DeviceFacts
from cyborg_rr.domain.requests import Claim
from cyborg_rr.drivers.driver import CleanFailed, Driver, NoCleanMethod

LOG = log.getLogger(__name__)

NO_METHOD = "none"
"""How a clean is called that was none, because the operator wants it so."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be cleaned, as it is on the host now, and who acts on it."""

    hostname: str
    claim: Claim
    handle: AttachHandle
    driver: Driver
    control_path: Mapping[str, str]
    facts: DeviceFacts | None

    @property
    def environment(self) -> Mapping[str, str]:
        """What the hook is told; the administrator's guide documents the names."""
        return {
            "CYBORG_RR_HOST": self.hostname,
            "CYBORG_RR_ADDRESS": _find_address(self.handle.info)
            or _find_address(self.control_path),
            "CYBORG_RR_VENDOR_ID": (self.facts.vendor_id if self.facts else None) or "",
            "CYBORG_RR_DEVICE_ID": (self.facts.device_id if self.facts else None) or "",
            "CYBORG_RR_HANDLE_TYPE": self.handle.type,
            "CYBORG_RR_HANDLE_PLACE": self.handle.place,
            "CYBORG_RR_DEVICE_KEY": self.claim.device_key,
            "CYBORG_RR_DRIVER": self.driver.name,
            "CYBORG_RR_BINDING": self.claim.binding_id,
        }


def _find_address(parts: Mapping[str, str]) -> str:
    """The PCI address in such parts; empty where there is none."""
    try:
        values = [int(parts[name], 16) for name in ("domain", "bus", "device", "function")]
    except (KeyError, ValueError):
        return ""
    return PciAddress(*values).render()


class Steps:
    """Runs the steps of cleans as the operator wants them, each within its time."""

    def __init__(self, settings: CleaningSettings) -> None:
        self._settings = settings
        self._calls = DriverCalls(settings.step_timeout_seconds)

    def run(self, target: Target) -> str:
        """Clean it; returns the method. Repeating a clean is a clean.

        Raises ``CleanFailed``, or ``NoCleanMethod`` where nothing can clean it and the operator
        does not want it handed out so.
        """
        methods = self._run_all(target)
        if methods:
            return "+".join(methods)
        if not self._settings.releases_without_method:
            raise NoCleanMethod(
                f"neither the kernel nor the driver {target.driver.name} can clean it, and there is"
                " no hook"
            )
        LOG.warning(
            "%s on %s is handed out again without having been cleaned, as [cleaning]"
            " without_method says",
            target.claim.deployable_name,
            target.hostname,
        )
        return NO_METHOD

    def is_running(self, handle: AttachHandle) -> bool:
        """Whether a driver is at it, be it one that has been given up."""
        return self._calls.is_running(_name_step(handle))

    def _run_all(self, target: Target) -> list[str]:
        when = self._settings.hook_when
        if not self._settings.hook:
            return self._run_driver(target)
        match when:
            case HookWhen.INSTEAD:
                return self._run_hook(target)
            case HookWhen.AFTER:
                return self._run_driver(target) + self._run_hook(target)
            case HookWhen.BEFORE:
                return self._run_hook(target) + self._run_driver(target)
            case _:
                assert_never(when)

    def _run_hook(self, target: Target) -> list[str]:
        hook.run_hook(self._settings.hook, target.environment, self._settings.hook_timeout_seconds)
        return [hook.METHOD]

    def _run_driver(self, target: Target) -> list[str]:
        """The method of the driver's step; none where it has no step.

        One that takes too long is left to itself; until it ends, it is not begun again.
        """
        driver, handle = target.driver, target.handle
        try:
            step = _name_step(handle)
            return [self._calls.run(driver.name, step, lambda: driver.clean(handle), driver)]
        except DriverHangs as error:
            raise CleanFailed("step_timed_out", str(error)) from error
        except NoCleanMethod as error:
            LOG.info("%s: %s", target.claim.deployable_name, error)
            return []


def _name_step(handle: AttachHandle) -> str:
    return f"cleaning {handle.key}"

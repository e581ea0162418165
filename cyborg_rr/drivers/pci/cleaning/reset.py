"""The kernel's reset of one PCI function, and the proof that it is there again afterwards.

No reset here reaches anything but the function: one that would is refused, whatever the kernel
would do. Before it, the function is taken from its driver, and afterwards given back.

Sources: Linux Documentation/ABI/testing/sysfs-bus-pci, ``reset`` and ``reset_method``: a function
that has no way to be reset has no file ``reset``, or an empty ``reset_method``, which else lists
the ways in the order in which they are tried; drivers/pci/pci.c, ``pci_reset_fn_methods``: ``bus``
and ``cxl_bus`` reset the slot or all that is below the port, the others the function.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.driver import CleanFailed, NoCleanMethod
from cyborg_rr.drivers.pci.cleaning.unbinding import GUEST_DRIVERS, without_driver
from cyborg_rr.drivers.pci.companions import Records
from cyborg_rr.drivers.pci.groups import is_companion
from cyborg_rr.drivers.pci.host_use import HostUse
from cyborg_rr.drivers.pci.reading.config_space import is_lost
from cyborg_rr.drivers.pci.reading.function import DEVICES, PciFunction, PciIdentity
from cyborg_rr.drivers.privileged import acts
from cyborg_rr.drivers.privileged.writing import NotWritten
from cyborg_rr.drivers.sysfs import Directory, Sysfs, Unreadable

METHOD = "function_reset"

OF_FUNCTION = frozenset({"device_specific", "acpi", "flr", "af_flr", "pm"})
"""The methods that reach the function only; any other is taken for one that reaches its bus."""


@dataclass(frozen=True, slots=True)
class Resets:
    """The resets of one host. ``records`` say whose a function was while it is reset, ``proc`` is
    the kernel's other tree, None where there is none; the operator named the functions ``exact``
    one by one."""

    sysfs: Sysfs
    records: Records
    proc: str | None = None
    exact: frozenset[PciAddress] = frozenset()

    def reset(self, function: PciFunction, *, keeps_driver: bool = False) -> str:
        """Reset it; returns the method's name.

        ``keeps_driver``: its driver is one that expects it. Raises ``NoCleanMethod`` where the
        kernel offers no reset, ``CleanFailed`` where it is split into virtual functions (whose
        holders would lose them), where the host uses it or a reset would reach others, where the
        reset fails, or the function does not answer afterwards as what it was.
        """
        name = function.address.render()
        if function.virtual_functions or function.sriov_enabled:
            raise CleanFailed(
                "split", f"{name} has virtual functions, which its reset would take away"
            )
        try:
            with self.sysfs.open(function.path) as directory:
                if directory is None:
                    raise CleanFailed("device_gone", f"{name} is gone")
                _check_method(directory, name)
                self._check_reach(directory, function)
                self._reset(directory, function, keeps_driver)
        except Unreadable as error:
            raise CleanFailed("reset_unverified", f"{name}: {error}") from None
        return METHOD

    def _reset(self, directory: Directory, function: PciFunction, keeps_driver: bool) -> None:
        if keeps_driver:
            self._reset_and_check(directory, function)
            return
        self.check_unused(function)
        with without_driver(self.sysfs, function, self.records):
            self._reset_and_check(directory, function)

    def _reset_and_check(self, directory: Directory, function: PciFunction) -> None:
        try:
            acts.reset(self.sysfs, function.address)
        except NotWritten as error:
            raise CleanFailed(
                "reset_failed", f"the reset of {function.address.render()} failed: {error}"
            ) from None
        _check_answer(directory, function)

    def check_unused(self, function: PciFunction) -> None:
        """``CleanFailed`` when the host needs what its driver does with it."""
        if function.driver is None or GUEST_DRIVERS in function.driver:
            return
        use = HostUse(self.sysfs, self.proc)
        used = use.find(function.address, is_named=function.address in self.exact)
        if function.is_display:
            used = "it is the host's display"
        if used is not None:
            raise CleanFailed("used_by_host", f"{function.address.render()}: {used}")

    def _check_reach(self, directory: Directory, function: PciFunction) -> None:
        """``CleanFailed`` when the kernel would begin with a reset that reaches others."""
        text = directory.find_text("reset_method")
        is_known = text is not None
        if is_known and (text or "").split()[0] in OF_FUNCTION:
            return
        if function.physical_function is not None:
            if not is_known:
                return  # each virtual function can be reset by itself (PCI Express, SR-IOV)
            others = [function.physical_function]
        else:
            others = list(self._list_on_bus(function, is_known))
        if others:
            name = function.address.render()
            raise CleanFailed(
                "reset_reaches_others",
                f"the kernel would reset {name} with all its bus, where"
                f" {', '.join(other.render() for other in others[:4])} is too",
            )

    def _list_on_bus(self, function: PciFunction, is_known: bool) -> Iterator[PciAddress]:
        """The other functions on its bus, also those that nobody can read.

        A kernel that does not name its methods resets no bus with several functions; there, what is
        of no use without this function does not count.
        """
        own = function.address
        for name in self.sysfs.names(DEVICES):
            try:
                address = PciAddress.parse(name)
            except InvalidInput:
                continue
            if address == own or (address.domain, address.bus) != (own.domain, own.bus):
                continue
            other = None if is_known else function.bus.find(address)
            if other is None or not is_companion(other):
                yield address


def _check_method(directory: Directory, name: str) -> None:
    methods = directory.find_bytes("reset_method")
    if "reset" not in directory.names() or (methods is not None and not methods.strip()):
        raise NoCleanMethod(f"the kernel has no way to reset {name}")


def _check_answer(directory: Directory, function: PciFunction) -> None:
    """``CleanFailed`` unless config space answers, with the ids from before."""
    name = function.address.render()
    config = directory.find_bytes("config")
    if config is not None and (not config or is_lost(config)):
        raise CleanFailed("reset_lost_device", f"{name} does not answer after its reset")
    identity = PciIdentity(
        directory.get_hex("vendor", 4),
        directory.get_hex("device", 4),
        directory.get_hex("class", 6),
    )
    if identity != function.identity:
        raise CleanFailed("reset_changed_device", f"{name} is another device after its reset")

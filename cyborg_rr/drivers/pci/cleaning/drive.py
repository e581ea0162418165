"""Which NVMe controller a PCI function is, and that nobody else has anything of its drive.

What erases a drive reaches all of its NVM subsystem, whichever controller is told. So only the
drive of a single controller may be told, by the very controller of the function that was held.

Sources: Linux drivers/nvme/host/sysfs.c (``serial``) and core.c (the class ``nvme-subsystem``,
whose members link to their controllers); ``nvme/types.h`` of libnvme for offsets and bits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cyborg_rr.drivers.driver import CleanFailed, NoCleanMethod
from cyborg_rr.drivers.pci.reading.function import PciFunction
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable, render_safe

SHARED = "shared_drive"
_SUBSYSTEMS = "class/nvme-subsystem"
_CONTROLLER_NAME = re.compile(r"nvme[0-9]{1,5}", re.ASCII)

_SERIAL = slice(4, 24)
_CMIC = 76
"""Where Identify Controller has the serial number, and with whom the controller may share."""
SEVERAL_PORTS, SEVERAL_CONTROLLERS, OF_VIRTUAL_FUNCTION = 1 << 0, 1 << 1, 1 << 2
"""Bits of CMIC: other ports, other controllers, and whether it is that of a virtual function."""
_NMIC = 30
_IS_SHARED = 1 << 0
"""Where Identify Namespace says that other controllers may have the namespace too."""


@dataclass(frozen=True, slots=True)
class Drive:
    """The kernel's name of a function's controller, such as ``nvme0``, and its serial number."""

    controller: str
    serial: str

    def check_controller(self, identified: bytes) -> None:
        """``CleanFailed`` unless it is this drive that identified itself, and it is alone."""
        serial = _render_serial(identified[_SERIAL])
        if not serial or serial != self.serial:
            raise CleanFailed(
                "another_drive",
                f"{self.controller} is {serial or 'a drive without serial number'},"
                f" where the kernel told of {self.serial or 'none'}",
            )
        if identified[_CMIC] & (SEVERAL_PORTS | SEVERAL_CONTROLLERS | OF_VIRTUAL_FUNCTION):
            raise CleanFailed(
                SHARED,
                f"{self.controller} says that its drive may have other ports or controllers,"
                " whose data would be erased too",
            )

    def check_namespace(self, number: int, identified: bytes) -> None:
        """``CleanFailed`` when other controllers may have the namespace too."""
        if identified[_NMIC] & _IS_SHARED:
            raise CleanFailed(SHARED, f"namespace {number} of {self.controller} can be shared")


def find_drive(sysfs: Sysfs, function: PciFunction) -> Drive:
    """The drive that the function is, all of it.

    Raises ``NoCleanMethod`` for a virtual function, which is a share of a drive that nothing
    erases alone; ``CleanFailed`` where the function has virtual ones, where the kernel's nvme
    driver does not have it (no other takes commands), or knows of another controller.
    """
    name = function.address.render()
    if function.physical_function is not None:
        raise NoCleanMethod(f"{name} is a share of a drive, which cannot be erased alone")
    if function.virtual_functions or function.sriov_enabled:
        raise CleanFailed("split", f"{name} has virtual functions, whose data is on its drive")
    try:
        controller = _find_controller(sysfs, function)
        serial = _read_serial(sysfs, f"{function.path}/nvme/{controller}")
        others = _list_others(sysfs, controller)
    except Unreadable as error:
        raise CleanFailed("erase_failed", f"{name}: {error}") from None
    if others:
        raise CleanFailed(SHARED, f"{', '.join(others[:4])} is a controller of the same drive")
    return Drive(controller, serial)


def _find_controller(sysfs: Sysfs, function: PciFunction) -> str:
    entries = sysfs.names(f"{function.path}/nvme")
    names = [name for name in entries if _CONTROLLER_NAME.fullmatch(name)]
    if len(names) != 1:
        raise CleanFailed(
            "no_controller",
            f"{function.address.render()} cannot be told to erase itself: it is with"
            f" {function.driver or 'no driver'} instead of the kernel's nvme",
        )
    return names[0]


def _read_serial(sysfs: Sysfs, path: str) -> str:
    with sysfs.open(path) as directory:
        content = directory.find_bytes("serial") if directory else None
    return _render_serial(content or b"")


def _render_serial(content: bytes) -> str:
    return render_safe(content.decode("ascii", "replace").strip("\0 \n"))


def _list_others(sysfs: Sysfs, controller: str) -> list[str]:
    """The other controllers of every NVM subsystem that the controller is one of."""
    found: list[str] = []
    for subsystem in sysfs.names(_SUBSYSTEMS):
        entries = sysfs.names(f"{_SUBSYSTEMS}/{subsystem}")
        members = [entry for entry in entries if _CONTROLLER_NAME.fullmatch(entry)]
        if controller in members:
            found += [member for member in members if member != controller]
    return found

"""What drivers do to a host's devices: with privileges on the machine, plainly on another tree."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.privileged.blocks import NotAsked
from cyborg_rr.drivers.privileged.nvme import AdminCommand, NotSent
from cyborg_rr.drivers.privileged.writing import NotWritten, write_below
from cyborg_rr.drivers.sysfs import Sysfs

MACHINE = "/sys"
_CONTEXTS = "cyborg_rr.drivers.privileged.contexts"


class NotPermitted(NotWritten):
    """The agent has no privileges and no helper that has them."""


def write_attribute(sysfs: Sysfs, path: str, value: str) -> None:
    """Write an attribute below the root; ``NotWritten``, in one line, when that is not possible."""
    if sysfs.root != MACHINE:
        write_below(sysfs.root, path, value)
        return
    _call("write_attribute", path, value)


def run_admin_command(
    address: PciAddress, controller: str, command: AdminCommand
) -> tuple[int, int, bytes]:
    """Send a command to the NVMe controller that is a function: status, result and data."""
    fields = {name: getattr(command, name) for name in AdminCommand.__slots__}
    status, result, data = _call("run_admin_command", address.render(), controller, fields)
    return status, result, data


def is_block_busy(sysfs: Sysfs, name: str, number: str) -> bool:
    """Whether anybody has a block device of the machine to himself; else ``NotAsked``.

    Of another tree no kernel can be asked.
    """
    if sysfs.root != MACHINE:
        raise NotAsked(f"{name} is none of this machine's")
    busy: bool = _call("is_block_busy", name, number)
    return busy


def set_driver_override(sysfs: Sysfs, address: PciAddress, driver: str | None) -> None:
    """Name the only driver that may bind the function; None: any that knows it."""
    _write(sysfs, address, "driver_override", f"{driver or ''}\n")


def unbind(sysfs: Sysfs, address: PciAddress) -> None:
    """Take the function from its kernel driver."""
    _write(sysfs, address, "driver/unbind", address.render())


def bind(sysfs: Sysfs, address: PciAddress, driver: str) -> None:
    """Give the function to a kernel driver that is loaded."""
    write_attribute(sysfs, f"bus/pci/drivers/{driver}/bind", address.render())


def probe(sysfs: Sysfs, address: PciAddress) -> None:
    """Let the kernel find a driver for the function."""
    write_attribute(sysfs, "bus/pci/drivers_probe", address.render())


def reset(sysfs: Sysfs, address: PciAddress) -> None:
    """Let the kernel reset the function by the first of its methods that works."""
    _write(sysfs, address, "reset", "1")


def _write(sysfs: Sysfs, address: PciAddress, name: str, value: str) -> None:
    write_attribute(sysfs, f"bus/pci/devices/{address.render()}/{name}", value)


def _call(name: str, *arguments: object) -> Any:
    try:
        act: Callable[..., Any] = getattr(import_module(_CONTEXTS), name)
        return act(*arguments)
    except (NotWritten, NotSent, NotAsked):
        raise
    except Exception as error:
        raise NotPermitted(
            f"{name} needs privileges that user {os.geteuid()} has not, and the helper that has"
            f" them did not start ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
        ) from error

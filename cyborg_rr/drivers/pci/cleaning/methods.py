"""Cleaning a PCI function after an instance had it: what is done by what it is.

A function reset takes the function's state (registers, queues, what runs on it) from it. Of a
function level reset the PCI Express Base Specification asks that it also clears what software could
read of the last use (as the CXL specification quotes it); whether a device does so for its memory
is its vendor's matter. Of what lies on a drive or is programmed into an FPGA a reset takes nothing
away. So an NVMe drive erases itself, other storage and FPGAs have no way here (unless the operator
says that for them a reset suffices), and everything else is reset.
"""

from __future__ import annotations

from cyborg_rr.drivers.driver import NoCleanMethod
from cyborg_rr.drivers.pci.cleaning.nvme import erase_drive
from cyborg_rr.drivers.pci.cleaning.reset import Resets
from cyborg_rr.drivers.pci.reading.function import PciFunction

STORAGE = "01"
NVME = "010802"
"""Class codes of mass storage and of NVM Express: PCI Code and ID Assignment Specification."""


def clean_function(
    resets: Resets, function: PciFunction, *, is_programmable: bool, reset_suffices: bool
) -> str:
    """Clean the function; the method's name. Raises ``NoCleanMethod`` or ``CleanFailed``."""
    name = function.address.render()
    if reset_suffices:
        return resets.reset(function)
    if function.identity.pci_class == NVME:
        resets.check_unused(function)
        return erase_drive(resets.sysfs, function)
    if function.identity.pci_class.startswith(STORAGE):
        raise NoCleanMethod(f"{name} is storage, from which a reset erases nothing")
    if is_programmable:
        raise NoCleanMethod(f"{name} keeps what is programmed into it when it is reset")
    return resets.reset(function)

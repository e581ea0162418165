"""The kernel's reset of one PCI function, and the proof that it is there again afterwards.

Source: Linux Documentation/ABI/testing/sysfs-bus-pci, ``reset`` and ``reset_method``: a function
that has no way to be reset has no file ``reset``, or an empty ``reset_method``.
"""

from __future__ import annotations

from cyborg_rr.drivers.driver import CleanFailed, NoCleanMethod
from cyborg_rr.drivers.pci.reading.function import PciFunction, PciIdentity
from cyborg_rr.drivers.privileged import acts
from cyborg_rr.drivers.privileged.writing import NotWritten
from cyborg_rr.drivers.sysfs import Directory, Sysfs, Unreadable

METHOD = "function_reset"

_IDENTITY = (("vendor", 4), ("device", 4), ("class", 6))
_ID_BYTES = 4
_GONE = b"\xff" * _ID_BYTES


def reset_function(sysfs: Sysfs, function: PciFunction) -> str:
    """Reset it; returns the method's name.

    Raises ``NoCleanMethod`` where the kernel offers no reset, ``CleanFailed`` where it is split
    into virtual functions (whose holders would lose them), the reset fails, or the function does
    not answer afterwards as what it was.
    """
    name = function.address.render()
    if function.virtual_functions:
        raise CleanFailed("split", f"{name} has virtual functions, which its reset would take away")
    try:
        with sysfs.open(function.path) as directory:
            if directory is None:
                raise CleanFailed("device_gone", f"{name} is gone")
            _check_method(directory, name)
            _reset(sysfs, function)
            _check_answer(directory, function)
    except Unreadable as error:
        raise CleanFailed("reset_unverified", f"{name} after its reset: {error}") from None
    return METHOD


def _check_method(directory: Directory, name: str) -> None:
    methods = directory.find_bytes("reset_method")
    if "reset" not in directory.names() or (methods is not None and not methods.strip()):
        raise NoCleanMethod(f"the kernel has no way to reset {name}")


def _reset(sysfs: Sysfs, function: PciFunction) -> None:
    try:
        acts.reset(sysfs, function.address)
    except NotWritten as error:
        raise CleanFailed(
            "reset_failed", f"the reset of {function.address.render()} failed: {error}"
        ) from None


def _check_answer(directory: Directory, function: PciFunction) -> None:
    """``CleanFailed`` unless config space answers, with the ids from before."""
    name = function.address.render()
    config = directory.find_bytes("config")
    if config is not None and config[:_ID_BYTES] in (b"", _GONE):
        raise CleanFailed("reset_lost_device", f"{name} does not answer after its reset")
    identity = PciIdentity(
        directory.get_hex("vendor", 4),
        directory.get_hex("device", 4),
        directory.get_hex("class", 6),
    )
    if identity != function.identity:
        raise CleanFailed("reset_changed_device", f"{name} is another device after its reset")

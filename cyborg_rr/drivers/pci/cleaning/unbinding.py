"""A function is taken from its kernel driver while it is reset, and given back to the same one.

The kernel resets a function also under a driver that works with it, which then works with what is
no longer there. Whose it was is written down first (``Records``), so that another run of the agent
can give it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from cyborg_rr.drivers.driver import CleanFailed
from cyborg_rr.drivers.pci.companions import Former, Records
from cyborg_rr.drivers.pci.reading.function import PciFunction, path_of
from cyborg_rr.drivers.privileged import acts
from cyborg_rr.drivers.privileged.writing import NotWritten
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable

GUEST_DRIVERS = "vfio"
"""In the names of the kernel's drivers of what guests have (vfio-pci, mlx5_vfio_pci ...): they work
with nothing by themselves, and expect resets."""


@contextmanager
def without_driver(sysfs: Sysfs, function: PciFunction, records: Records) -> Iterator[None]:
    """Have the function without a driver of the host's meanwhile.

    ``CleanFailed`` when the driver does not let it go, or has not got it back afterwards.
    """
    name = function.address.render()
    former = _find_former(function, records)
    if former is None:
        yield
        return
    records.save(name, former)
    if function.driver is not None:
        _unbind(sysfs, function, records, former)
    try:
        yield
    finally:
        _give_back(sysfs, function, former)
        records.save(name, _let_go(former))


def _find_former(function: PciFunction, records: Records) -> Former | None:
    """Whose it is, or was before a run that ended in between; None: nobody's, or for guests."""
    name = function.address.render()
    if function.driver is not None:
        is_native = GUEST_DRIVERS not in function.driver
        return Former(function.driver, None, (name,)) if is_native else None
    former = records.find(name)
    is_own = former is not None and former.driver is not None and name in former.taken_for
    return former if is_own else None


def _let_go(former: Former) -> Former:
    return replace(former, taken_for=())


def _unbind(sysfs: Sysfs, function: PciFunction, records: Records, former: Former) -> None:
    name = function.address.render()
    try:
        acts.unbind(sysfs, function.address)
        left = _find_driver(sysfs, function)
    except (NotWritten, Unreadable) as error:
        left, cause = former.driver, str(error)
    else:
        cause = "it is still its driver"
    if left is not None:
        records.save(name, _let_go(former))
        raise CleanFailed("driver_keeps_it", f"{former.driver} does not let {name} go: {cause}")


def _give_back(sysfs: Sysfs, function: PciFunction, former: Former) -> None:
    name, driver = function.address.render(), former.driver or ""
    try:
        if _find_driver(sysfs, function) is None:
            acts.bind(sysfs, function.address, driver)
        found = _find_driver(sysfs, function)
    except (NotWritten, Unreadable) as error:
        raise CleanFailed(
            "driver_not_restored", f"{driver} has not got {name} back: {error}"
        ) from (error)
    if found != driver:
        text = f"{driver} has not got {name} back: {found or 'no driver'} has it"
        raise CleanFailed("driver_not_restored", text)


def _find_driver(sysfs: Sysfs, function: PciFunction) -> str | None:
    with sysfs.open(path_of(function.address)) as directory:
        if directory is None:
            raise Unreadable(f"{function.address.render()} is gone")
        return directory.find_link_name("driver")

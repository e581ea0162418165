"""What shares a function's IOMMU group is taken from the host for a guest, and given back after.

All of a group must be with vfio-pci, or with nobody, before any of it can go to a guest. Whose a
function was is written down before it is touched, so that it can be given back also by another run
of the agent: in the directory of the option ``records``, or in memory where there is none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.driver import HandleUnusable
from cyborg_rr.drivers.pci.groups import find_group_trouble, list_mates
from cyborg_rr.drivers.pci.host_use import HostUse, parse_proc
from cyborg_rr.drivers.pci.reading.function import PciFunction, path_of
from cyborg_rr.drivers.pci.state import VFIO, parse_exact
from cyborg_rr.drivers.privileged import acts
from cyborg_rr.drivers.privileged.writing import NotWritten
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable

_OVERRIDE = "driver_override"
_NO_OVERRIDE = "(null)"  # what the kernel shows for none


@dataclass(frozen=True, slots=True)
class Former:
    """Whose a function was, and for which functions it has been taken away.

    It is among these itself while it is out too. Of one that is out and was not taken ``driver`` is
    None: whoever has it takes and gives it back.
    """

    driver: str | None
    override: str | None
    taken_for: tuple[str, ...]


class Companions:
    """The functions of one host that had to follow another one out of it."""

    def __init__(self, sysfs: Sysfs, options: Mapping[str, object]) -> None:
        self._sysfs = sysfs
        self._proc = parse_proc(options)
        self._records = parse_records(options)
        self._exact = parse_exact(options)

    def bind(self, function: PciFunction) -> None:
        """Give all that shares the function's group to vfio-pci; repeating it changes nothing.

        ``HandleUnusable`` when the host needs one of them, or the kernel does not let it go; what
        was done until then is undone.
        """
        try:
            trouble = find_group_trouble(function, HostUse(self._sysfs, self._proc), self._exact)
            if trouble is not None:
                raise HandleUnusable(f"{function.address.render()}: {trouble.text}")
            mates = tuple(list_mates(function))
        except Unreadable as error:
            raise HandleUnusable(f"{function.address.render()}: {error}") from None
        try:
            if mates and function.files.has(_OVERRIDE):
                self._mark(function.address)
            for mate in mates:
                self._take(mate, function.address)
        except (NotWritten, OSError) as error:
            with suppress(NotWritten, OSError):  # it stays written down, and is undone later
                self.restore(function.address)
            raise HandleUnusable(
                f"{function.address.render()}: what shares its IOMMU group"
                f" {function.iommu_group} cannot be freed: {error}"
            ) from None

    def restore(self, address: PciAddress) -> None:
        """Give back what was taken for a function, unless another one still needs it."""
        for name, former in self._records.list():
            if address.render() not in former.taken_for:
                continue
            left = tuple(user for user in former.taken_for if user != address.render())
            if not left and former.driver is not None:
                self._give_back(PciAddress.parse(name), former)
            self._records.save(name, replace(former, taken_for=left))

    def _mark(self, address: PciAddress) -> None:
        """Note that the function is out itself: it is not given back when another one is."""
        name = address.render()
        former = self._records.find(name) or Former(None, None, ())
        users = tuple(sorted({*former.taken_for, name}))
        self._records.save(name, replace(former, taken_for=users))

    def _take(self, mate: PciFunction, user: PciAddress) -> None:
        name = mate.address.render()
        former = self._records.find(name)
        if former is None or former.driver is None:
            if mate.driver in (None, VFIO) or not mate.files.has(_OVERRIDE):
                return  # free already, or in a recorded tree, where there is no kernel to ask
            marks = () if former is None else former.taken_for
            former = Former(mate.driver, self._read_override(mate.address), marks)
        users = tuple(sorted({*former.taken_for, user.render()}))
        self._records.save(name, replace(former, taken_for=users))
        if mate.driver != VFIO:
            acts.set_driver_override(self._sysfs, mate.address, VFIO)
            if mate.driver is not None:
                acts.unbind(self._sysfs, mate.address)
            acts.probe(self._sysfs, mate.address)

    def _give_back(self, address: PciAddress, former: Former) -> None:
        try:
            with self._sysfs.open(path_of(address)) as directory:
                if directory is None:
                    return  # it has left the host
                driver = directory.find_link_name("driver")
        except Unreadable:
            return
        acts.set_driver_override(self._sysfs, address, former.override)
        if driver == former.driver:
            return
        if driver is not None:
            acts.unbind(self._sysfs, address)
        acts.probe(self._sysfs, address)

    def _read_override(self, address: PciAddress) -> str | None:
        try:
            with self._sysfs.open(path_of(address)) as directory:
                override = directory.find_text(_OVERRIDE) if directory else None
        except Unreadable:
            return None
        return None if override == _NO_OVERRIDE else override


class Records:
    """What was written down, by the address of the function that was taken."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._memory: dict[str, Former] = {}

    def list(self) -> list[tuple[str, Former]]:
        """All of them, in order of address."""
        if self._directory is None:
            return sorted(self._memory.items())
        names = sorted(path.stem for path in self._directory.glob("*.json"))
        found = ((name, self.find(name)) for name in names)
        return [(name, former) for name, former in found if former is not None]

    def find(self, name: str) -> Former | None:
        """What is written of a function; a file that cannot be understood is none."""
        if self._directory is None:
            return self._memory.get(name)
        try:
            PciAddress.parse(name)
            content = json.loads((self._directory / f"{name}.json").read_text())
            return Former(content["driver"], content["override"], tuple(content["taken_for"]))
        except (OSError, ValueError, KeyError, TypeError, InvalidInput):
            return None

    def save(self, name: str, former: Former) -> None:
        """Write it down safely, or strike it out when the function is taken for nobody."""
        if self._directory is None:
            self._memory[name] = former
            if not former.taken_for:
                del self._memory[name]
            return
        path = self._directory / f"{name}.json"
        if not former.taken_for:
            path.unlink(missing_ok=True)
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        with new.open("w") as file:
            json.dump(asdict(former), file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)


def parse_records(options: Mapping[str, object]) -> Records:
    """The records where the option ``records`` says that they are, else in memory."""
    directory = options.get("records")
    return Records(Path(directory) if isinstance(directory, (str, Path)) else None)

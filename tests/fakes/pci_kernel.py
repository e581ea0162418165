"""A kernel that does what is written to a tree of PCI functions: binds, unbinds, probes, resets."""

from __future__ import annotations

from pathlib import Path

from cyborg_rr.drivers.privileged.writing import NotWritten, write_below
from cyborg_rr.drivers.sysfs import Sysfs

NO_OVERRIDE = "(null)"
OF_FUNCTION = ("device_specific", "acpi", "flr", "af_flr", "pm")


class PciKernel:
    """Takes the place of ``acts.write_attribute``; ``refused`` are functions it does not let go.

    ``reset`` are the functions that a reset has reached, each with the driver that it had then:
    unlike the real one it resets a bus whoever else is there. ``refused_resets`` fail.
    """

    def __init__(self, root: Path, natives: dict[str, str], refused: frozenset[str]) -> None:
        self.root = root
        self.natives = natives
        self.refused = refused
        self.written: list[tuple[str, str]] = []
        self.reset: list[tuple[str, str | None]] = []
        self.refused_resets: set[str] = set()
        devices = root / "bus/pci/devices"
        for link in devices.iterdir():
            (link / "driver_override").write_text(f"{NO_OVERRIDE}\n")
            (link / "driver").unlink(missing_ok=True)
            self._bind(link.name)
        (root / "bus/pci/drivers_probe").touch()

    def write(self, sysfs: Sysfs, path: str, value: str) -> None:
        """Write as the driver would, then do it."""
        write_below(sysfs.root, path, value)
        self.written.append((path, value))
        name = path.rpartition("/")[2]
        if name == "driver_override":
            (self.root / path).write_text(f"{value.strip() or NO_OVERRIDE}\n")
        elif name == "unbind":
            if value in self.refused:
                raise NotWritten(f"{path}: Device or resource busy")
            (self.root / "bus/pci/devices" / value / "driver").unlink()
        elif name == "drivers_probe":
            self._bind(value)
        elif name == "bind":
            self._bind_to(value, path.split("/")[-2])
        elif name == "reset":
            self._reset(path.split("/")[-2])

    def list_reached(self, address: str) -> set[str]:
        """The functions that the first of its methods resets."""
        devices = self.root / "bus/pci/devices"
        methods = devices / address / "reset_method"
        first = methods.read_text().split()[0] if methods.exists() else "flr"
        if first not in OF_FUNCTION:
            return {link.name for link in devices.iterdir() if link.name[:7] == address[:7]}
        virtual = (devices / address).glob("virtfn*")
        return {address, *(link.resolve().name for link in virtual)}

    def _reset(self, address: str) -> None:
        if address in self.refused_resets:
            raise NotWritten(f"{address}/reset: Inappropriate ioctl for device")
        self.reset += [(name, self.driver_of(name)) for name in self.list_reached(address)]

    def driver_of(self, address: str) -> str | None:
        link = self.root / "bus/pci/devices" / address / "driver"
        return link.readlink().name if link.is_symlink() else None

    def override_of(self, address: str) -> str:
        return (self.root / "bus/pci/devices" / address / "driver_override").read_text().strip()

    def set_override(self, address: str, driver: str) -> None:
        (self.root / "bus/pci/devices" / address / "driver_override").write_text(f"{driver}\n")
        (self.root / "bus/pci/devices" / address / "driver").unlink(missing_ok=True)
        self._bind(address)

    def _bind(self, address: str) -> None:
        override = self.override_of(address)
        driver = self.natives.get(address) if override == NO_OVERRIDE else override
        if driver is not None:
            self._bind_to(address, driver)

    def _bind_to(self, address: str, driver: str) -> None:
        home = self.root / "bus/pci/drivers" / driver
        home.mkdir(parents=True, exist_ok=True)
        (home / "unbind").touch()
        (home / "bind").touch()
        (self.root / "bus/pci/devices" / address / "driver").symlink_to(home)

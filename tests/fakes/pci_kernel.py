"""A kernel that does what is written to a tree of PCI functions: binds, unbinds, probes."""

from __future__ import annotations

from pathlib import Path

from cyborg_rr.drivers.privileged.writing import NotWritten, write_below
from cyborg_rr.drivers.sysfs import Sysfs

NO_OVERRIDE = "(null)"


class PciKernel:
    """Takes the place of ``acts.write_attribute``; ``refused`` are functions it does not let go."""

    def __init__(self, root: Path, natives: dict[str, str], refused: frozenset[str]) -> None:
        self.root = root
        self.natives = natives
        self.refused = refused
        self.written: list[tuple[str, str]] = []
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
        if driver is None:
            return
        home = self.root / "bus/pci/drivers" / driver
        home.mkdir(parents=True, exist_ok=True)
        (home / "unbind").touch()
        (self.root / "bus/pci/devices" / address / "driver").symlink_to(home)

"""A small machine built function by function, for tests of what no recorded tree has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.pci.reading.bus import PciBus
from cyborg_rr.drivers.pci.reading.function import PciFunction
from cyborg_rr.drivers.sysfs import Sysfs

GPU = {"vendor": "0x10de", "device": "0x20b5", "class": "0x030200"}
AUDIO = {"vendor": "0x10de", "device": "0x1aef", "class": "0x040300"}
USB = {"vendor": "0x10de", "device": "0x1ad8", "class": "0x0c0330"}
NIC = {"vendor": "0x8086", "device": "0x1592", "class": "0x020000"}
BRIDGE = {"vendor": "0x8086", "device": "0x2030", "class": "0x060400"}
NVME = {"vendor": "0x144d", "device": "0xa824", "class": "0x010802"}
QAT = {"vendor": "0x8086", "device": "0x4940", "class": "0x0b4000"}
QAT_VF = {"vendor": "0x8086", "device": "0x4941", "class": "0x0b4000"}


@dataclass(frozen=True)
class SmallHost:
    """A sysfs below ``root`` to which functions are added."""

    root: Path

    def __post_init__(self) -> None:
        (self.root / "bus/pci/devices").mkdir(parents=True)

    def add(
        self,
        address: str,
        files: dict[str, str | bytes],
        *,
        below: str = "pci0000:00",
        driver: str | None = None,
        group: int | None = None,
        links: dict[str, str] | None = None,
    ) -> Path:
        """Put a function where the kernel would; ``links`` are to other functions."""
        directory = self.root / "devices" / below / address
        directory.mkdir(parents=True)
        (self.root / "bus/pci/devices" / address).symlink_to(directory)
        for name, content in ({"numa_node": "0"} | files).items():
            data = content if isinstance(content, bytes) else f"{content}\n".encode()
            (directory / name).write_bytes(data)
        for name, target in (links or {}).items():
            (directory / name).symlink_to(f"../{target}")
        if driver is not None:
            home = self.root / "bus/pci/drivers" / driver
            home.mkdir(parents=True, exist_ok=True)
            (directory / "driver").symlink_to(home)
        if group is not None:
            members = self.root / f"kernel/iommu_groups/{group}/devices"
            members.mkdir(parents=True, exist_ok=True)
            (members / address).symlink_to(directory)
            (directory / "iommu_group").symlink_to(members.parent)
        return directory

    def add_virtual(
        self, physical: str, files: dict[str, str | bytes], *addresses: str, group: int = 100
    ) -> None:
        """Enable virtual functions of a function that is there."""
        parent = (self.root / "bus/pci/devices" / physical).resolve()
        for index, address in enumerate(addresses):
            self.add(address, files, group=group + index, links={"physfn": physical})
            (parent / f"virtfn{index}").symlink_to(f"../{address}")
        (parent / "sriov_numvfs").write_text(f"{len(addresses)}\n")

    def find(self, address: str) -> PciFunction:
        """The function as drivers see it."""
        function = PciBus(Sysfs(self.root)).find(PciAddress.parse(address))
        assert function is not None
        return function

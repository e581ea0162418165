"""A kernel that makes mediated devices in a sysfs on disk, as NVIDIA's vGPU manager lets it.

In equal-size mode a GPU has vGPUs of one framebuffer size only; in mixed-size mode any that fit.
"""

from __future__ import annotations

import errno
import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from cyborg_rr.drivers.privileged.writing import NotWritten, write_below
from cyborg_rr.drivers.sysfs import Sysfs


@dataclass(frozen=True)
class VgpuType:
    """One type: the kernel's folder, its name, its framebuffer and how many a GPU can have."""

    folder: str
    name: str
    framebuffer_mib: int
    max_instance: int


T4_TYPES = (
    VgpuType("nvidia-230", "GRID T4-1Q", 1024, 16),
    VgpuType("nvidia-231", "GRID T4-2Q", 2048, 8),
    VgpuType("nvidia-234", "GRID T4-16Q", 16384, 1),
    VgpuType("nvidia-225", "GRID T4-1A", 1024, 16),
)
"""Some types of a T4: names and sizes are NVIDIA's, the numbers of folders recalled."""


@dataclass
class MdevKernel:
    """The mediated devices of one GPU, made by ``parents``: itself or its virtual functions."""

    root: Path
    parents: list[str]
    types: tuple[VgpuType, ...] = T4_TYPES
    is_mixed: bool = False
    made: dict[str, tuple[str, VgpuType]] = field(default_factory=dict)
    is_broken: bool = False

    def __post_init__(self) -> None:
        (self.root / "bus/mdev/devices").mkdir(parents=True)
        for parent in self.parents:
            for kind in self.types:
                folder = self._folder(parent, kind)
                (folder / "devices").mkdir(parents=True)
                (folder / "name").write_text(f"{kind.name}\n")
                (folder / "device_api").write_text("vfio-pci\n")
                (folder / "create").write_text("")
                (folder / "description").write_text(
                    f"num_heads=4, frl_config=60, framebuffer={kind.framebuffer_mib}M,"
                    f" max_resolution=5120x2880, max_instance={kind.max_instance}\n"
                )
        self._count()

    def _folder(self, parent: str, kind: VgpuType) -> Path:
        device = (self.root / "bus/pci/devices" / parent).resolve()
        return device / "mdev_supported_types" / kind.folder

    def _left(self, parent: str, kind: VgpuType) -> int:
        there = [own for _, own in self.made.values()]
        if any(own.framebuffer_mib != kind.framebuffer_mib for own in there) and not self.is_mixed:
            return 0
        total = max(own.framebuffer_mib * own.max_instance for own in self.types)
        free = total - sum(own.framebuffer_mib for own in there)
        left = min(
            free // kind.framebuffer_mib,
            kind.max_instance - sum(own == kind for own in there),
        )
        if len(self.parents) > 1:
            left = min(left, 0 if any(at == parent for at, _ in self.made.values()) else 1)
        return left

    def _count(self) -> None:
        for parent in self.parents:
            for kind in self.types:
                path = self._folder(parent, kind) / "available_instances"
                path.write_text(f"{self._left(parent, kind)}\n")

    def write(self, sysfs: Sysfs, path: str, text: str) -> None:
        """What writing an attribute of this sysfs does; ``NotWritten`` as the kernel refuses."""
        write_below(sysfs.root, path, text)
        try:
            self._write(Path(sysfs.root) / path, text)
        except OSError as error:
            raise NotWritten(f"{path}: {error.strerror}") from None

    def _write(self, path: Path, text: str) -> None:
        if self.is_broken:
            raise OSError(errno.EIO, "Input/output error")
        if path.name == "create":
            self._create(path.parent.resolve(), text)
        elif path.name == "remove" and text == "1":
            self.remove(path.parent.name)
        else:
            raise OSError(errno.EACCES, "Permission denied")

    def _create(self, folder: Path, text: str) -> None:
        own = str(uuid.UUID(text))
        for parent in self.parents:
            for kind in self.types:
                if self._folder(parent, kind) == folder:
                    self.make(parent, kind, own)
                    return
        raise OSError(errno.ENOENT, "No such file or directory")

    def make(self, parent: str, kind: VgpuType, own: str) -> None:
        """Make a device, as the operator can too."""
        if own in self.made:
            raise OSError(errno.EEXIST, "File exists")
        if not self._left(parent, kind):
            raise OSError(errno.ENOSPC, "No space left on device")
        folder = self._folder(parent, kind)
        device = folder.parent.parent / own
        device.mkdir()
        (device / "remove").write_text("")
        (folder / "devices" / own).symlink_to(device)
        (self.root / "bus/mdev/devices" / own).symlink_to(device)
        self.made[own] = (parent, kind)
        self._count()

    def remove(self, own: str) -> None:
        """End a device."""
        parent, kind = self.made.pop(own)
        folder = self._folder(parent, kind)
        (folder / "devices" / own).unlink()
        (self.root / "bus/mdev/devices" / own).unlink()
        shutil.rmtree(folder.parent.parent / own)
        self._count()

    def reboot(self) -> None:
        """No mediated device survives one."""
        for own in list(self.made):
            self.remove(own)

"""Making and ending the mediated device of a vGPU, which no reboot survives."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.driver import HandleUnusable
from cyborg_rr.drivers.gpu.nvidia.vgpu.mdev import TYPE_FOLDER, TYPES
from cyborg_rr.drivers.pci.reading.function import path_of
from cyborg_rr.drivers.privileged.writing import NotWritten
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable

Write = Callable[[Sysfs, str, str], None]
"""Writes a text into an attribute below a root; ``NotWritten`` when that cannot be done."""


class MdevActs:
    """The mediated devices below one sysfs."""

    def __init__(self, sysfs: Sysfs, write: Write) -> None:
        self._sysfs = sysfs
        self._write = write

    def make(self, handle: AttachHandle) -> None:
        """Make the device of a handle unless it is there; ``HandleUnusable`` when it cannot be."""
        kind, own = self._parse(handle)
        try:
            if own in self._sysfs.names(f"{kind}/devices"):
                return
            if self._sysfs.resolve(kind) is None:
                raise HandleUnusable("the GPU makes no vGPU of this type now")
            self._write(self._sysfs, f"{kind}/create", own)
        except Unreadable as error:
            raise HandleUnusable(str(error)) from None
        except (NotWritten, OSError) as error:
            raise HandleUnusable(f"the kernel makes no vGPU: {error}") from None

    def end(self, handle: AttachHandle) -> None:
        """End the device of a handle if it is there; ``HandleUnusable`` when it stays."""
        kind, own = self._parse(handle)
        try:
            if own in self._sysfs.names(f"{kind}/devices"):
                self._write(self._sysfs, f"bus/mdev/devices/{own}/remove", "1")
        except Unreadable as error:
            raise HandleUnusable(str(error)) from None
        except (NotWritten, OSError) as error:
            raise HandleUnusable(f"the vGPU could not be removed: {error}") from None

    def _parse(self, handle: AttachHandle) -> tuple[str, str]:
        """Folder of the type and UUID; ``HandleUnusable`` for what no driver of ours reports."""
        info = handle.info
        try:
            address = PciAddress.parse(
                f"{info['domain']}:{info['bus']}:{info['device']}.{info['function']}"
            )
            own = str(uuid.UUID(info["uuid"]))
            folder = info["asked_type"]
        except (KeyError, ValueError, InvalidInput):
            raise HandleUnusable("not a handle of a mediated device") from None
        if not TYPE_FOLDER.fullmatch(folder):
            raise HandleUnusable("not a handle of a mediated device")
        return f"{path_of(address)}/{TYPES}/{folder}", own

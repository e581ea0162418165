"""Making and ending the mediated device of a vGPU, which no reboot survives."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable
from pathlib import Path

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.domain.hardware.devices import AttachHandle
from cyborg_rr.drivers.driver import HandleUnusable
from cyborg_rr.drivers.gpu.nvidia.vgpu.mdev import TYPES
from cyborg_rr.drivers.pci.function import path_of
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable

Write = Callable[[Path, str], None]
"""Writes a text into a file of sysfs; ``OSError`` when the kernel refuses it."""

_TYPE = re.compile(r"[A-Za-z0-9_]{1,32}-[0-9]{1,9}", re.ASCII)


def write_file(path: Path, text: str) -> None:
    """Write into a file that is there, as sysfs wants it: in one piece, following no link."""
    file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


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
            folder = self._sysfs.resolve(kind)
            if folder is None:
                raise HandleUnusable("the GPU makes no vGPU of this type now")
            self._write(Path(folder) / "create", own)
        except Unreadable as error:
            raise HandleUnusable(str(error)) from None
        except OSError as error:
            raise HandleUnusable(f"the kernel makes no vGPU: {error.strerror}") from None

    def end(self, handle: AttachHandle) -> None:
        """End the device of a handle if it is there; ``HandleUnusable`` when it stays."""
        kind, own = self._parse(handle)
        try:
            device = self._sysfs.resolve(f"{kind}/devices/{own}")
            if device is not None:
                self._write(Path(device) / "remove", "1")
        except Unreadable as error:
            raise HandleUnusable(str(error)) from None
        except OSError as error:
            raise HandleUnusable(f"the vGPU could not be removed: {error.strerror}") from None

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
        if not _TYPE.fullmatch(folder):
            raise HandleUnusable("not a handle of a mediated device")
        return f"{path_of(address)}/{TYPES}/{folder}", own

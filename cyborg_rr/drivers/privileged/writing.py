"""Writing one short value to one attribute of the kernel's device tree.

This is what runs with privileges, so it trusts nothing: the attribute must be one of the few named
here, lead nowhere out of the root, and be a plain file.

Sources of the attributes: Linux Documentation/ABI/testing/sysfs-bus-pci, sysfs-bus-pci-drivers-*,
sysfs-bus-vfio-mdev; NVIDIA's vGPU guide (``nvidia/current_vgpu_type``); the amdgpu documentation
(``current_compute_partition``, ``current_memory_partition``).
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from cyborg_rr.drivers.sysfs import Sysfs, Unreadable, open_directory

MAX_VALUE_LENGTH = 255

_ADDRESS = r"[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}"
_OF_A_FUNCTION = "|".join(
    (
        "driver_override",
        "driver/unbind",
        "reset",
        "sriov_numvfs",
        "sriov_drivers_autoprobe",
        rf"mdev_supported_types/{_NAME}/create",
        "nvidia/current_vgpu_type",
        "current_compute_partition",
        "current_memory_partition",
    )
)
_WRITABLE = re.compile(
    rf"bus/pci/devices/{_ADDRESS}/(?:{_OF_A_FUNCTION})"
    rf"|bus/pci/drivers/{_NAME}/bind|bus/pci/drivers_probe"
    rf"|bus/mdev/devices/{_UUID}/remove",
    re.ASCII,
)
_VALUE = re.compile(rf"[ -~]{{0,{MAX_VALUE_LENGTH}}}\n?", re.ASCII)
_OPEN = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class NotWritten(Exception):
    """An attribute could not be written; the text names it and the cause."""


def write_below(root: str, path: str, value: str) -> None:
    """Write a value to the attribute at ``path`` below a root; ``NotWritten`` says what is wrong.

    It is written in one piece: the kernel takes it or refuses it as a whole.
    """
    if not _WRITABLE.fullmatch(path):
        raise NotWritten(f"{path[:MAX_VALUE_LENGTH]!a} is no attribute that is written")
    if not _VALUE.fullmatch(value):
        raise NotWritten(f"{path}: the value is not one short line of plain text")
    folder, _, name = path.rpartition("/")
    try:
        real = Sysfs(Path(root)).resolve(folder)
        if real is None:
            raise NotWritten(f"{path}: there is no such attribute")
        directory = open_directory(real, folder)
    except Unreadable as error:
        raise NotWritten(str(error)) from None
    try:
        _write_file(directory.descriptor, name, value.encode("ascii"), path)
    finally:
        directory.close()


def _write_file(directory: int, name: str, content: bytes, path: str) -> None:
    try:
        file = os.open(name, _OPEN, dir_fd=directory)
    except OSError as error:
        raise NotWritten(f"{path}: {error.strerror}") from None
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise NotWritten(f"{path}: not a regular file")
        if os.write(file, content) != len(content):
            raise NotWritten(f"{path}: the value was taken in part only")
    except OSError as error:
        raise NotWritten(f"{path}: {error.strerror}") from None
    finally:
        os.close(file)

"""Admin commands to NVMe controllers through the kernel's ioctl (``linux/nvme_ioctl.h``)."""

from __future__ import annotations

import ctypes
import fcntl
import os
import stat
from dataclasses import dataclass

IOCTL_ADMIN_COMMAND = 0xC0484E41
"""``NVME_IOCTL_ADMIN_CMD``: ``_IOWR('N', 0x41, struct nvme_admin_cmd)``, which has 72 bytes."""

TIMEOUT_MILLISECONDS = 60 * 1000


class CommandFailed(Exception):
    """The kernel or the drive refused a command; the text says which and why."""


@dataclass(frozen=True, slots=True)
class AdminCommand:
    """A command that sends no data and reads ``reads_bytes``."""

    opcode: int
    namespace: int = 0
    cdw10: int = 0
    reads_bytes: int = 0
    timeout_milliseconds: int = TIMEOUT_MILLISECONDS


class _PassthroughCommand(ctypes.Structure):
    """``struct nvme_passthru_cmd``."""

    _fields_ = [
        ("opcode", ctypes.c_uint8),
        ("flags", ctypes.c_uint8),
        ("reserved", ctypes.c_uint16),
        ("namespace", ctypes.c_uint32),
        ("cdw2", ctypes.c_uint32),
        ("cdw3", ctypes.c_uint32),
        ("metadata", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("metadata_length", ctypes.c_uint32),
        ("data_length", ctypes.c_uint32),
        ("cdw10", ctypes.c_uint32),
        ("cdw11", ctypes.c_uint32),
        ("cdw12", ctypes.c_uint32),
        ("cdw13", ctypes.c_uint32),
        ("cdw14", ctypes.c_uint32),
        ("cdw15", ctypes.c_uint32),
        ("timeout_milliseconds", ctypes.c_uint32),
        ("result", ctypes.c_uint32),
    ]


def send_admin_command(node: str, command: AdminCommand) -> bytes:
    """Send a command to the controller at a device node; the data that it read.

    Raises ``CommandFailed``.
    """
    data = ctypes.create_string_buffer(max(command.reads_bytes, 1))
    passed = _PassthroughCommand(
        opcode=command.opcode,
        namespace=command.namespace,
        address=ctypes.addressof(data) if command.reads_bytes else 0,
        data_length=command.reads_bytes,
        cdw10=command.cdw10,
        timeout_milliseconds=command.timeout_milliseconds,
    )
    try:
        file = os.open(node, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if not stat.S_ISCHR(os.fstat(file).st_mode):
                raise CommandFailed(f"{node} is not a character device")
            status = fcntl.ioctl(file, IOCTL_ADMIN_COMMAND, passed)
        finally:
            os.close(file)
    except OSError as error:
        raise CommandFailed(f"{node}: {error.strerror}") from None
    if status != 0:
        raise CommandFailed(
            f"{node} refused command {command.opcode:#04x} with status {status:#06x}"
        )
    return data.raw[: command.reads_bytes]

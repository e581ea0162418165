"""Commands to an NVMe controller through the kernel: those that look, and those that erase.

Sources: Linux include/uapi/linux/nvme_ioctl.h (``struct nvme_passthru_cmd``,
``NVME_IOCTL_ADMIN_CMD``); NVM Express Base Specification, opcodes of admin commands.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import stat
import struct
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.sysfs import Sysfs, Unreadable

MAX_DATA_BYTES = 4096
MAX_TIMEOUT_MS = 600_000
NVME_IOCTL_ADMIN_CMD = 0xC0484E41
"""_IOWR('N', 0x41, struct nvme_admin_cmd) with its 72 bytes."""

_COMMAND = struct.Struct("<BBHIIIQQIIIIIIIIII")
_CONTROLLER = re.compile(r"nvme[0-9]{1,5}", re.ASCII)


class Opcode(IntEnum):
    """The commands that are sent."""

    GET_LOG_PAGE = 0x02
    IDENTIFY = 0x06
    FORMAT_NVM = 0x80
    SANITIZE = 0x84


READS = frozenset({Opcode.GET_LOG_PAGE, Opcode.IDENTIFY})


class NotSent(Exception):
    """A command was not sent, or the kernel refused it; the text says why."""


@dataclass(frozen=True, slots=True)
class AdminCommand:
    """One command: its opcode, namespace, two words of its own and how much data it reads."""

    opcode: int
    namespace: int = 0
    word10: int = 0
    word11: int = 0
    data_bytes: int = 0
    timeout_ms: int = 60_000

    def check(self) -> None:
        """``NotSent`` for a command that is none of ours."""
        if self.opcode not in tuple(Opcode):
            raise NotSent(f"NVMe command {self.opcode:#x} is not one that is sent")
        if not 0 <= self.data_bytes <= (MAX_DATA_BYTES if self.opcode in READS else 0):
            raise NotSent(f"NVMe command {self.opcode:#x} reads no {self.data_bytes} bytes")
        if not 0 < self.timeout_ms <= MAX_TIMEOUT_MS:
            raise NotSent(f"an NVMe command takes at most {MAX_TIMEOUT_MS} ms")
        if not all(0 <= word < 1 << 32 for word in (self.namespace, self.word10, self.word11)):
            raise NotSent("a word of an NVMe command has 32 bits")


def run_admin_command(
    root: str, address: str, controller: str, command: AdminCommand
) -> tuple[int, int, bytes]:
    """The controller's status (0: done), its result and the data that it gave.

    The controller must be the one of the PCI function at the address, as the sysfs at ``root``
    says while its device is open: then its name cannot pass to another one.
    """
    command.check()
    if not _CONTROLLER.fullmatch(controller):
        raise NotSent(f"{controller[:40]!a} is not the name of an NVMe controller")
    data = ctypes.create_string_buffer(max(command.data_bytes, 1))
    buffer = ctypes.addressof(data) if command.data_bytes else 0
    request = bytearray(_pack(command, buffer))
    try:
        device = os.open(f"/dev/{controller}", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise NotSent(f"/dev/{controller}: {error.strerror}") from None
    try:
        if not stat.S_ISCHR(os.fstat(device).st_mode):
            raise NotSent(f"/dev/{controller}: not a device")
        check_owner(root, address, controller, os.fstat(device).st_rdev)
        status = fcntl.ioctl(device, NVME_IOCTL_ADMIN_CMD, request)
    except OSError as error:
        raise NotSent(f"/dev/{controller}: {error.strerror}") from None
    finally:
        os.close(device)
    return status, _COMMAND.unpack(request)[-1], data.raw[: command.data_bytes]


def check_owner(root: str, address: str, controller: str, device: int) -> None:
    """``NotSent`` unless the number of the device is that of the function's controller."""
    try:
        place = f"bus/pci/devices/{PciAddress.parse(address).render()}/nvme/{controller}"
        with Sysfs(Path(root)).open(place) as directory:
            number = directory.find_text("dev") if directory else None
    except (InvalidInput, Unreadable) as error:
        raise NotSent(f"/dev/{controller}: {error}") from None
    if number != f"{os.major(device)}:{os.minor(device)}":
        raise NotSent(f"/dev/{controller} is not the controller of {address}")


def _pack(command: AdminCommand, address: int) -> bytes:
    head = (command.opcode, 0, 0, command.namespace, 0, 0, 0, address, 0, command.data_bytes)
    words = (command.word10, command.word11, 0, 0, 0, 0)
    return _COMMAND.pack(*head, *words, command.timeout_ms, 0)

"""An NVMe drive that erases itself: sanitize where it can, else a format with secure erase.

Codes and offsets are those of the NVM Express Base and NVM Command Set Specifications, as
``nvme/types.h`` of libnvme spells them; the ioctl is that of ``linux/nvme_ioctl.h``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from cyborg_rr.domain.hardware.addresses import PciAddress
from cyborg_rr.drivers.driver import CleanFailed, NoCleanMethod
from cyborg_rr.drivers.pci.cleaning.drive import SHARED, Drive, find_drive
from cyborg_rr.drivers.pci.reading.function import PciFunction
from cyborg_rr.drivers.privileged import acts
from cyborg_rr.drivers.privileged.nvme import MAX_TIMEOUT_MS, AdminCommand, NotSent, Opcode
from cyborg_rr.drivers.privileged.writing import NotWritten
from cyborg_rr.drivers.sysfs import Sysfs

SANITIZE_STATUS_LOG = 0x81
ALL_NAMESPACES = 0xFFFFFFFF

NAMESPACE, CONTROLLER, ACTIVE_NAMESPACES, ALLOCATED_NAMESPACES = 0x00, 0x01, 0x02, 0x10
"""What Identify tells of: values of CNS, bits 0-7 of dword 10."""
_IDENTIFY_BYTES = 4096
_LOG_BYTES = 512

_CAN_FORMAT, _CAN_MANAGE_NAMESPACES = 1 << 1, 1 << 3
"""Bits of OACS, bytes 256-257 of Identify Controller."""
_CAN_CRYPTO_ERASE, _CAN_BLOCK_ERASE = 1 << 0, 1 << 1
"""Bits of SANICAP, bytes 328-331 of Identify Controller."""
FORMATS_ALL, ERASES_ALL = 1 << 0, 1 << 1
_CAN_FORMAT_CRYPTO = 1 << 2
"""Bits of FNA, byte 524 of Identify Controller: a format, or its secure erase, reaches all
namespaces of the NVM subsystem; keys can be erased."""

BLOCK_ERASE, CRYPTO_ERASE = 2, 4
"""Values of SANACT, bits 0-2 of dword 10 of Sanitize."""
_USER_DATA_ERASE, _FORMAT_CRYPTO_ERASE = 1, 2
"""Values of SES, bits 9-11 of dword 10 of Format NVM."""

_STATUS_MASK = 0x7
SUCCEEDED, IN_PROGRESS, FAILED, SUCCEEDED_KEEPING_BLOCKS = 1, 2, 3, 4
"""Values of SSTAT, bits 0-2 of bytes 2-3 of the sanitize status log."""

POLL_SECONDS = 1.0
MAX_SANITIZE_SECONDS = 24 * 3600.0

_LISTED_AT_ONCE = _IDENTIFY_BYTES // 4

Send = Callable[[AdminCommand], bytes]
"""Sends a command to one drive and returns the data that it reads."""


@dataclass(frozen=True, slots=True)
class _Abilities:
    can_crypto_erase: bool
    can_block_erase: bool
    can_format: bool
    can_format_crypto: bool
    can_manage_namespaces: bool
    formats_all: bool

    @property
    def can_sanitize(self) -> bool:
        return self.can_crypto_erase or self.can_block_erase


@dataclass(frozen=True, slots=True)
class _SanitizeStatus:
    """The state of the last sanitize, how far it is (of 65536), and dword 10 of its command."""

    state: int
    progress: int
    word10: int


def erase_drive(sysfs: Sysfs, function: PciFunction) -> str:
    """Let the drive that a function is erase itself; returns the method's name.

    Raises ``NoCleanMethod`` where it cannot erase itself, ``CleanFailed`` where it is not the
    function's alone (see ``find_drive``) or does not say that it has succeeded.
    """
    drive = find_drive(sysfs, function)
    try:
        return erase(drive, lambda command: _send(function.address, drive.controller, command))
    except (NotSent, NotWritten) as error:
        raise CleanFailed("erase_failed", f"{function.address.render()}: {error}") from None


def _send(address: PciAddress, controller: str, command: AdminCommand) -> bytes:
    status, _, data = acts.run_admin_command(address, controller, command)
    if status != 0:
        raise NotSent(f"{controller} refused command {command.opcode:#04x} ({status:#06x})")
    return data


def erase(
    drive: Drive,
    send: Send,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Have the drive erase all it has; returns how, once it says that it has succeeded.

    An erasure that was begun before is waited for, not begun again: nothing can have been written
    since.
    """
    abilities = _read_abilities(drive, send)
    namespaces = _list_namespaces(send, ACTIVE_NAMESPACES)
    for number in namespaces:
        drive.check_namespace(number, _identify_namespace(send, number))
    if not abilities.can_sanitize:
        return _format_all(send, abilities, namespaces)
    action = CRYPTO_ERASE if abilities.can_crypto_erase else BLOCK_ERASE
    status = _read_status(send)
    if status.state == IN_PROGRESS:
        action = status.word10
    else:
        send(AdminCommand(Opcode.SANITIZE, word10=action))
    _await_sanitize(send, action, clock, sleep)
    return "nvme_sanitize"


def _read_abilities(drive: Drive, send: Send) -> _Abilities:
    """What the drive can do, once it is known to be the one that was meant, and alone."""
    data = send(AdminCommand(Opcode.IDENTIFY, word10=CONTROLLER, data_bytes=_IDENTIFY_BYTES))
    drive.check_controller(data)
    admin = int.from_bytes(data[256:258], "little")
    sanitize = int.from_bytes(data[328:332], "little")
    return _Abilities(
        can_crypto_erase=bool(sanitize & _CAN_CRYPTO_ERASE),
        can_block_erase=bool(sanitize & _CAN_BLOCK_ERASE),
        can_format=bool(admin & _CAN_FORMAT),
        can_format_crypto=bool(data[524] & _CAN_FORMAT_CRYPTO),
        can_manage_namespaces=bool(admin & _CAN_MANAGE_NAMESPACES),
        formats_all=bool(data[524] & (FORMATS_ALL | ERASES_ALL)),
    )


def _read_status(send: Send) -> _SanitizeStatus:
    dwords = _LOG_BYTES // 4 - 1  # counted from 0
    data = send(
        AdminCommand(
            Opcode.GET_LOG_PAGE,
            ALL_NAMESPACES,
            word10=SANITIZE_STATUS_LOG | dwords << 16,
            data_bytes=_LOG_BYTES,
        )
    )
    progress, state = (int.from_bytes(data[at : at + 2], "little") for at in (0, 2))
    return _SanitizeStatus(state & _STATUS_MASK, progress, int.from_bytes(data[4:8], "little"))


def _await_sanitize(
    send: Send, action: int, clock: Callable[[], float], sleep: Callable[[float], None]
) -> None:
    """Return when the sanitize of that dword 10 has succeeded; ``CleanFailed`` otherwise."""
    deadline = clock() + MAX_SANITIZE_SECONDS
    while (status := _read_status(send)).state == IN_PROGRESS:
        if clock() > deadline:
            done = 100 * status.progress // 65536
            raise CleanFailed("erase_failed", f"the drive has erased {done} % after a day")
        sleep(POLL_SECONDS)
    if status.state not in (SUCCEEDED, SUCCEEDED_KEEPING_BLOCKS) or status.word10 != action:
        raise CleanFailed(
            "erase_failed",
            f"the drive does not say that it sanitized itself (state {status.state})",
        )


def _format_all(send: Send, abilities: _Abilities, namespaces: list[int]) -> str:
    """Format each namespace as it is formatted now, with an erasure of its data."""
    if not abilities.can_format:
        raise NoCleanMethod("the drive can neither sanitize nor format itself")
    if abilities.can_manage_namespaces:
        hidden = set(_list_namespaces(send, ALLOCATED_NAMESPACES)) - set(namespaces)
        if hidden:
            raise CleanFailed(
                SHARED if abilities.formats_all else "erase_incomplete",
                f"the drive's namespace {min(hidden)} cannot be reached",
            )
    if not namespaces:
        raise CleanFailed("erase_incomplete", "the drive has no namespace that could be formatted")
    erasure = _FORMAT_CRYPTO_ERASE if abilities.can_format_crypto else _USER_DATA_ERASE
    for namespace in namespaces:
        _format(send, namespace, erasure)
    return "nvme_format"


def _list_namespaces(send: Send, which: int) -> list[int]:
    """All of them; the drive tells of so many at once, those after the one that is named."""
    found: list[int] = []
    while True:
        after = found[-1] if found else 0
        data = send(AdminCommand(Opcode.IDENTIFY, after, word10=which, data_bytes=_IDENTIFY_BYTES))
        ids = (int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4))
        listed = [number for number in ids if number]
        if any(number <= after for number in listed):
            raise NotSent(f"the drive lists namespaces after {after} that are not")
        found += listed
        if len(listed) < _LISTED_AT_ONCE:
            return found


def _identify_namespace(send: Send, number: int) -> bytes:
    return send(AdminCommand(Opcode.IDENTIFY, number, word10=NAMESPACE, data_bytes=_IDENTIFY_BYTES))


def _format(send: Send, namespace: int, erasure: int) -> None:
    data = _identify_namespace(send, namespace)
    formatted, protection = data[26], data[29]
    word10 = (
        (formatted & 0xF)  # the LBA format, its lower bits
        | (formatted >> 4 & 1) << 4  # where metadata is
        | (protection & 0x7) << 5
        | (protection >> 3 & 1) << 8
        | erasure << 9
        | (formatted >> 5 & 0x3) << 12  # its upper bits
    )
    send(AdminCommand(Opcode.FORMAT_NVM, namespace, word10=word10, timeout_ms=MAX_TIMEOUT_MS))

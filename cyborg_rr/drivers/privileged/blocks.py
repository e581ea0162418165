"""Asking the kernel whether anybody has a block device to himself: file systems, RAID, ZFS, swap.

Sources: open(2), ``O_EXCL`` of a block device: EBUSY while it is in use by the system; Linux
block/bdev.c (``bd_prepare_to_claim``): a claimed partition counts for the whole device too. An
open for reading changes nothing and gives no event.
"""

from __future__ import annotations

import errno
import os
import re
import stat

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:![A-Za-z0-9_-][A-Za-z0-9_.-]*)?", re.ASCII)
_OPEN = os.O_RDONLY | os.O_EXCL | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY


class NotAsked(Exception):
    """The kernel could not be asked; the text says why."""


def is_block_busy(name: str, number: str, *, folder: str = "/dev") -> bool:
    """Whether the block device of that name and number (``259:0``) is taken exclusively.

    Sysfs writes ``!`` for the ``/`` in a name.
    """
    if not _NAME.fullmatch(name):
        raise NotAsked(f"{name[:40]!a} is not the name of a block device")
    path = f"{folder}/{name.replace('!', '/')}"
    try:
        before = os.stat(path, follow_symlinks=False)
        _check_number(before, path, number)
        device = os.open(path, _OPEN)
    except OSError as error:
        if error.errno == errno.EBUSY:
            return True
        raise NotAsked(f"{path}: {error.strerror}") from None
    try:
        _check_number(os.fstat(device), path, number)
    finally:
        os.close(device)
    return False


def _check_number(found: os.stat_result, path: str, number: str) -> None:
    if not stat.S_ISBLK(found.st_mode):
        raise NotAsked(f"{path}: not a block device")
    if f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}" != number:
        raise NotAsked(f"{path}: is not block device {number}")

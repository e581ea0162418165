"""What the kernel says of devices that come, go or change, as a reason to look early.

Read from a netlink socket of the family NETLINK_KOBJECT_UEVENT, group 1 (the kernel itself), as
described in the kernel's lib/kobject_uevent.c: a header, then ``KEY=value`` texts, each ended by a
zero byte. Only the subsystem is looked at; the look itself reads the device tree.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable

from oslo_log import log

LOG = log.getLogger(__name__)

NETLINK_KOBJECT_UEVENT = 15
"""From the kernel's include/uapi/linux/netlink.h; the socket module does not name it."""

KERNEL_GROUP = 1
MAX_MESSAGE_BYTES = 8192

SUBSYSTEMS = frozenset({"pci", "drm", "mdev", "vfio", "accel", "nvme"})
"""Where accelerators and their parts show."""


class KernelEvents:
    """Calls ``on_event`` for each message of the kernel's on a device that may concern us.

    Where the socket cannot be had, it says so once and does nothing: the period remains.
    """

    def __init__(self, on_event: Callable[[], None]) -> None:
        self._on_event = on_event
        self._thread: threading.Thread | None = None
        self._ending, self._end = socket.socketpair()

    def start(self) -> None:
        """Listen in the background."""
        try:
            kernel = open_socket()
        except OSError as error:
            LOG.info("The kernel's events cannot be heard, so devices are polled only: %s", error)
            return
        self._thread = threading.Thread(
            target=self._listen, args=(kernel,), name="kernel-events", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._end.close()
        if self._thread is not None:
            self._thread.join()
        self._ending.close()

    def _listen(self, kernel: socket.socket) -> None:
        with kernel:
            while True:
                ready, _, _ = select.select([kernel, self._ending], [], [])
                if self._ending in ready:
                    return
                if self._is_event(kernel):
                    self._on_event()

    def _is_event(self, kernel: socket.socket) -> bool:
        try:
            message, (sender, _groups) = kernel.recvfrom(MAX_MESSAGE_BYTES)
        except OSError:  # more than the socket holds: something happened
            return True
        return sender == 0 and concerns_us(message)


def open_socket() -> socket.socket:
    """A socket that hears the kernel; ``OSError`` where that is not to be had."""
    family = getattr(socket, "AF_NETLINK", None)
    if family is None:
        raise OSError("this system has no netlink")
    kernel = socket.socket(family, socket.SOCK_DGRAM, NETLINK_KOBJECT_UEVENT)
    try:
        kernel.bind((0, KERNEL_GROUP))
    except OSError:
        kernel.close()
        raise
    return kernel


def concerns_us(message: bytes) -> bool:
    """Whether a message is on a device of a subsystem that accelerators show in."""
    prefix = b"SUBSYSTEM="
    names = (part[len(prefix) :] for part in message.split(b"\0") if part.startswith(prefix))
    return next(names, b"").decode("ascii", "replace") in SUBSYSTEMS

"""The state directory, and each copy of it on the machine, belong to one running agent."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from pathlib import Path

from cyborg_rr.agent.ledger.faults import StateDirectoryInUse

LOCK_FILE = "agent.lock"

HOST_ADDRESS = "\0cyborg-rr/host/{host_id}"
"""Of a Unix socket in Linux' abstract namespace, one for each network namespace; see unix(7)."""


class DirectoryLock:
    """Keeps the directory for this process until it is released, or the process ends in any way."""

    _file = -1

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._file = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.release()
            if isinstance(error, BlockingIOError):
                raise StateDirectoryInUse("another agent runs on this directory") from None
            raise

    def release(self) -> None:
        """Let another agent have the directory."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    __del__ = release


class HostLock:
    """Keeps the id of a host for this process until it is released, or the process ends in any way.

    Of two agents with copies of one ledger the second is refused, as long as they run in the same
    network namespace. The id of the real host stands for those of simulated ones: all lie in one
    ledger.
    """

    def __init__(self, host_id: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.bind(HOST_ADDRESS.format(host_id=host_id))
        except OSError as error:
            self.release()
            if error.errno == errno.EADDRINUSE:
                text = f"another agent runs on a copy of this ledger, as host {host_id}"
                raise StateDirectoryInUse(text) from None
            raise

    def release(self) -> None:
        """Let another agent be the host."""
        self._socket.close()

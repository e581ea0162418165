"""The state directory belongs to one running agent."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from cyborg_rr.agent.ledger.faults import StateDirectoryInUse

LOCK_FILE = "agent.lock"


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

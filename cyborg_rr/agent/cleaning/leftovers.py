"""Ending what a hook left behind outside its session: a program that made itself a daemon.

Such a process has another parent, session and group, but the environment that it was started with,
which has a mark that nobody else has. One that was given another environment is not found.

Sources: proc_pid_environ(5); pidfd_open(2), so that no other process of that number is ended.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress

MARK = "CYBORG_RR_CLEAN"
"""Name in the environment of the number of one run of the hook."""

MAX_ROUNDS = 20
"""How often it is looked for more: what is ended may just have started something."""

_PROC = "/proc"
_PROCESS = re.compile(r"[0-9]{1,10}", re.ASCII)
_MAX_ENVIRONMENT = 4 << 20


def kill_marked(mark: str) -> None:
    """End every process with that mark, and what they start meanwhile."""
    for _ in range(MAX_ROUNDS):
        if sum(_kill(process, mark) for process in _list_processes()) == 0:
            return


def _list_processes() -> Iterator[int]:
    for name in os.listdir(_PROC):
        if _PROCESS.fullmatch(name) and int(name) != os.getpid():
            yield int(name)


def _kill(process: int, mark: str) -> bool:
    """Whether it had the mark; one that has ended already, or of another user, has none."""
    with suppress(OSError):
        handle = os.pidfd_open(process)
        try:
            if _has_mark(process, mark):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                return True
        finally:
            os.close(handle)
    return False


def _has_mark(process: int, mark: str) -> bool:
    with open(f"{_PROC}/{process}/environ", "rb") as file:
        said = file.read(_MAX_ENVIRONMENT).split(b"\0")
    return f"{MARK}={mark}".encode() in said

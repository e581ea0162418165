"""How a reading process is started: as a Python of its own, or as a copy of this process.

Both get the same: the limits of ``child``, an empty environment, no descriptor but the files that
are read, and pipes for its answer and its complaint. A copy has the modules that this process has
loaded, and so costs half; it is for processes of one thread alone, such as a command, since locks
that other threads hold would stay held in it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple, NoReturn, Protocol

Request = Mapping[str, Any]
"""What ``child`` is asked: ``source`` and ``folder`` in it are descriptors."""

_CHILD: Final = "cyborg_rr.readers.reading.child"
"""The module that the reading process runs."""

_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8"}
_PAUSE_SECONDS: Final = 0.001


class Ended(NamedTuple):
    """The status of a process that ended (a signal as a negative number), and what it wrote."""

    status: int
    answer: bytes
    complaint: bytes


class Process(Protocol):
    """A reading process."""

    def wait(self, seconds: float) -> Ended | None:
        """How it ended; None where it took longer, and was killed."""
        ...


Start = Callable[[Request], Process]


def spawn(request: Request) -> Process:
    """Start another Python."""
    return _Spawned(request)


def fork(request: Request) -> Process:
    """Copy this process; where it has several threads, start another Python."""
    return _Forked(request) if _has_one_thread() else _Spawned(request)


def _list_descriptors(request: Request) -> list[int]:
    return sorted(each for each in (request["source"], request["folder"]) if each is not None)


class _Spawned:
    def __init__(self, request: Request) -> None:
        import subprocess  # 5 ms that a copy does without

        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", _CHILD, json.dumps(request)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT,
            cwd="/",
            pass_fds=_list_descriptors(request),
        )

    def wait(self, seconds: float) -> Ended | None:
        from subprocess import TimeoutExpired

        try:
            answer, complaint = self._process.communicate(timeout=seconds)
        except TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            return None
        return Ended(self._process.returncode, answer, complaint)


class _Forked:
    def __init__(self, request: Request) -> None:
        answer, answering = os.pipe()
        complaint, complaining = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            _be_child(request, answering, complaining)
        os.close(answering)
        os.close(complaining)
        self._pipes = (answer, complaint)

    def wait(self, seconds: float) -> Ended | None:
        deadline = time.monotonic() + seconds
        try:
            written = _read_all(self._pipes, deadline)
        finally:
            for pipe in self._pipes:
                os.close(pipe)
        while written is not None and time.monotonic() < deadline:
            process, status = os.waitpid(self._process, os.WNOHANG)
            if process:
                return Ended(os.waitstatus_to_exitcode(status), *written)
            time.sleep(_PAUSE_SECONDS)
        os.kill(self._process, 9)
        os.waitpid(self._process, 0)
        return None


def _read_all(pipes: tuple[int, int], deadline: float) -> tuple[bytes, bytes] | None:
    """What comes out of both pipes up to their end; None where it is not there in time."""
    import select

    poll = select.poll()
    parts: dict[int, list[bytes]] = {pipe: [] for pipe in pipes}
    for pipe in pipes:
        poll.register(pipe, select.POLLIN)
    left = set(pipes)
    while left:
        ready = poll.poll(max(1000 * (deadline - time.monotonic()), 0))
        if not ready:
            return None
        for pipe, _ in ready:
            part = os.read(pipe, 1 << 20)
            parts[pipe].append(part)
            if not part:
                poll.unregister(pipe)
                left.discard(pipe)
    return b"".join(parts[pipes[0]]), b"".join(parts[pipes[1]])


def _be_child(request: Request, answering: int, complaining: int) -> NoReturn:
    """Never returns into the code of the process that this one is a copy of."""
    status = 1
    try:
        _leave_behind(request, answering, complaining)
        from cyborg_rr.readers.reading.child import run

        status = run(request)
    except BaseException:  # noqa: BLE001  # as the interpreter tells of what nobody catches
        import traceback

        with suppress(OSError):
            os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def _leave_behind(request: Request, answering: int, complaining: int) -> None:
    """Keep nothing of the other process but its modules and the files to read."""
    for descriptor, place in ((os.open(os.devnull, os.O_RDONLY), 0), (answering, 1),
                              (complaining, 2)):  # fmt: skip
        os.dup2(descriptor, place)
    lowest = 3
    for kept in _list_descriptors(request):
        os.closerange(lowest, kept)
        lowest = kept + 1
    os.closerange(lowest, os.sysconf("SC_OPEN_MAX"))
    os.chdir("/")
    os.environ.clear()
    os.environ.update(_ENVIRONMENT)


def _has_one_thread() -> bool:
    """Whether the kernel counts one thread, whoever started it; not known but on Linux."""
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False

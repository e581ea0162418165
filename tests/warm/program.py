"""Starts processes of the service in milliseconds: ``python -m tests.warm.program SOCKET``.

To load what a process of the service is made of takes more than a second of a core. This one has
loaded it once and done nothing with it; whoever connects to its socket gets a fork, which runs a
console script as Python would, with the arguments, environment, directory and files that were sent.
A connection is told the process's id and, at its end, its status. The end of the connection is the
end of the process.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from collections.abc import Mapping
from typing import Any

LOADED = (
    "cyborg_rr.cmd.agent",
    "cyborg_rr.cmd.api",
    "cyborg_rr.cmd.conductor",
    "cyborg_rr.cmd.dbsync",
    "cyborg_rr.cmd.manage",
    "cyborg_rr.cmd.status",
    "cyborg_rr.cli.main",
    "cyborg_rr.processes.embedded",
    "cyborg_rr.wsgi.api",
    "oslo_messaging._drivers.impl_fake",
    "oslo_messaging._drivers.impl_rabbit",
    "oslo_policy.generator",
    "oslo_policy.sphinxpolicygen",
    "psycopg2",
    "pymysql",
)
"""What takes its time, also where a process loads it late."""

MESSAGE_BYTES = 1 << 17
"""Room for the arguments and the environment of a process."""

_STANDARD = (0, 1, 2)


class Nursery:
    """Listens, and forks for each connection."""

    def __init__(self, path: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(path)
        self._listener.listen(128)
        self._ended, wakes = socket.socketpair()
        self._ended.setblocking(False)
        wakes.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(wakes.fileno())
        self._files = [self._listener, self._ended, wakes]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._ended, selectors.EVENT_READ)
        self._running: dict[socket.socket, int] = {}
        self._told: set[socket.socket] = set()

    def serve(self) -> Mapping[str, Any]:
        """Fork for whoever asks; returns in each fork only, with what it is to be."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    wanted = self._take(self._listener.accept()[0])
                    if wanted is not None:
                        return wanted
                elif key.fileobj is self._ended:
                    with contextlib.suppress(BlockingIOError):
                        self._ended.recv(4096)
                    self._tell_ends()
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    self._end(key.fileobj)

    def _take(self, connection: socket.socket) -> Mapping[str, Any] | None:
        """Fork, and return what was asked for in the fork."""
        message, files, _, _ = socket.recv_fds(connection, MESSAGE_BYTES, len(_STANDARD))
        process = os.fork() if message else 0
        if message and process == 0:
            self._leave(connection, files)
            wanted: Mapping[str, Any] = json.loads(message)
            return wanted
        for file in files:
            os.close(file)
        if not message:
            connection.close()
            return None
        self._running[connection] = process
        self._selector.register(connection, selectors.EVENT_READ)
        self._send(connection, process)
        self._tell_ends()
        return None

    def _leave(self, connection: socket.socket, files: list[int]) -> None:
        """Keep nothing of this process but the files that were sent."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by the supervisor
        self._selector.close()
        for each in (*self._files, *self._running, connection):
            each.close()
        for file, standard in zip(files, _STANDARD, strict=True):
            os.dup2(file, standard)
            os.close(file)

    def _tell_ends(self) -> None:
        """Send each status once; the process stays until its connection ends, so its id does."""
        for connection in self._running.keys() - self._told:
            process = self._running[connection]
            ended = os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is not None:
                by_itself = ended.si_code == os.CLD_EXITED
                self._told.add(connection)
                self._send(connection, ended.si_status if by_itself else -ended.si_status)

    def _send(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more: the next look ends it
            connection.send(str(number).encode())

    def _end(self, connection: socket.socket) -> None:
        process = self._running.pop(connection)
        self._told.discard(connection)
        self._selector.unregister(connection)
        connection.close()
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def be(wanted: Mapping[str, Any]) -> None:
    """Run the console script or the code; what it raises ends this process as it ends any."""
    os.chdir(wanted["directory"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    for stream in (sys.stdout, sys.stderr):
        assert hasattr(stream, "reconfigure")
        stream.reconfigure(write_through="PYTHONUNBUFFERED" in os.environ)
    sys.argv = wanted["arguments"]
    if "code" in wanted:
        exec(compile(wanted["code"], "<string>", "exec"), {"__name__": "__main__"})
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")


def main(path: str) -> Mapping[str, Any]:
    """Load everything, then serve; returns in each fork only."""
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()
    return Nursery(path).serve()


if __name__ == "__main__":
    be(main(sys.argv[1]))

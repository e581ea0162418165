"""Processes of the service, started warm: what ``subprocess`` does, without what loading costs.

One process for the whole test run has loaded the service (``program.py``); what is started here is
a fork of it. Tests that are about how a process is loaded start one with ``subprocess``.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from tests.servers.server import Place, Program, address_of
from tests.warm import program

_ROOT = Path(__file__).resolve().parents[2]
_RUN_SECONDS = 60.0


class Warm:
    """The process that has loaded the service; started like any private server."""

    name = "warm"
    refuses_root = False

    def find(self) -> None:
        """See Server.find: it is this project's own."""

    def prepare(self, place: Place) -> tuple[dict[str, str], list[Program]]:
        """See Server.prepare."""
        path = str(place.directory / "socket")
        command = ["/usr/bin/env", f"PYTHONPATH={_ROOT}", sys.executable, "-m", program.__name__]
        return {"socket": path}, [Program("warm", [*command, path])]

    def check(self, address: Mapping[str, str]) -> None:
        """See Server.check."""
        self.connect(address).close()

    def connect(self, address: Mapping[str, str]) -> socket.socket:
        """A connection for one process."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            made.connect(address["socket"])
        except BaseException:
            made.close()
            raise
        return made


class WarmProcess:
    """One process; it has what tests use of ``subprocess.Popen``, and ends with its object."""

    def __init__(
        self,
        arguments: Sequence[str | Path],
        output: IO[Any],
        errors: IO[Any],
        environment: Mapping[str, str] | None = None,
        code: str | None = None,
    ) -> None:
        wanted: dict[str, Any] = {
            "arguments": [str(each) for each in arguments],
            "environment": dict(os.environ if environment is None else environment),
            "directory": os.getcwd(),
        }
        if code is not None:
            wanted["code"] = code
        server = Warm()
        self.arguments = wanted["arguments"]
        self.returncode: int | None = None
        self._connection = server.connect(address_of(server))
        with open(os.devnull, "rb") as nothing:
            files = [nothing.fileno(), output.fileno(), errors.fileno()]
            socket.send_fds(self._connection, [json.dumps(wanted).encode()], files)
        self.pid = self._receive()

    def poll(self) -> int | None:
        """Its status when it has ended; minus the signal where one ended it."""
        return self._look(0)

    def wait(self, timeout: float) -> int:
        """Its status; ``subprocess.TimeoutExpired`` when it does not end in so many seconds."""
        status = self._look(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(self.arguments, timeout)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal unless it is known to have ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _look(self, seconds: float) -> int | None:
        if self.returncode is None and select.select([self._connection], [], [], seconds)[0]:
            self.returncode = self._receive()
            self._connection.close()
        return self.returncode

    def _receive(self) -> int:
        message = self._connection.recv(64)
        if not message:
            raise RuntimeError("the process that starts processes is gone")
        return int(message)


def run_script(script: str | Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a console script of this environment to its end."""
    return _run([Path(sys.executable).with_name(str(script)), *arguments])


def run_code(code: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program as ``python -c`` does, with that environment alone."""
    return _run(["-c"], environment, code)


def _run(
    arguments: Sequence[str | Path],
    environment: Mapping[str, str] | None = None,
    code: str | None = None,
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = WarmProcess(arguments, output, errors, environment, code)
        try:
            status = process.wait(_RUN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_RUN_SECONDS)
            raise
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read())
    return subprocess.CompletedProcess(process.arguments, status, *texts)

"""What every private server shares: its place on disk, its user, and how it is started once.

All workers of a test run use one instance of each server: the first that needs it starts it under
a file lock and writes down its address, the test run's main process takes it away at the end.
"""

import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

REQUIRE_SERVERS = "CYBORG_RR_REQUIRE_SERVERS"
"""With the value 1 in the environment, what would be skipped for want of a program fails."""

RUN_DIRECTORY = "CYBORG_RR_TEST_SERVERS"
_START_SECONDS = 90.0
_STOP_SECONDS = 25.0
_supervisors: dict[Path, list["subprocess.Popen[bytes]"]] = {}


class ServerMissing(Exception):
    """The program of a server is not installed on this machine."""


class ServerFailed(Exception):
    """A server is installed but did not start."""


@dataclass(frozen=True)
class Program:
    """A long-running command and the signal that ends it."""

    name: str
    command: Sequence[str]
    stop_signal: str = "SIGTERM"


class Server(Protocol):
    """A kind of server that the tests can start for themselves."""

    name: str
    refuses_root: bool
    """Whether another user runs it for root. One that is made of this environment's own packages
    runs as who runs the tests, since others may not read them."""

    def find(self) -> None:
        """Raise ServerMissing, naming the program, unless the server is installed."""

    def prepare(self, place: "Place") -> tuple[dict[str, str], list[Program]]:
        """Fill the empty directory; return the server's address and what to run."""

    def check(self, address: Mapping[str, str]) -> None:
        """Raise while the server does not answer yet."""


@dataclass(frozen=True)
class Place:
    """The directory of one server, and the user that owns it."""

    directory: Path
    user: str | None

    @contextmanager
    def own(self) -> Iterator[None]:
        """Give everything below the directory to the server's user when the block ends."""
        yield
        if self.user is None:
            return
        entry = pwd.getpwnam(self.user)
        for path in (self.directory, *self.directory.rglob("*")):
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def run(self, command: Sequence[str]) -> None:
        """Run a set-up command as the server's user; raise ServerFailed with its output."""
        entry = pwd.getpwnam(self.user) if self.user else None
        done = subprocess.run(
            command,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            user=self.user,
            group=entry.pw_gid if entry else None,
            extra_groups=[] if entry else None,
            env={**os.environ, "HOME": str(self.directory), "TMPDIR": str(self.directory)},
            timeout=_START_SECONDS,
            check=False,
        )
        if done.returncode:
            raise ServerFailed(f"{command[0]} failed: {done.stdout.decode(errors='replace')}")


def find_program(name: str, *folders: str) -> str:
    """Find a program in the folders given, on PATH or in a folder of administrators' programs."""
    path = os.pathsep.join((*folders, os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"))
    found = shutil.which(name, path=path)
    if found is None:
        raise ServerMissing(f"the program {name!r} is not installed")
    return found


def free_ports(count: int) -> list[int]:
    """Find ports of the loopback interface that nothing listens on."""
    with_sockets = [socket.socket() for _ in range(count)]
    try:
        for each in with_sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in with_sockets]
    finally:
        for each in with_sockets:
            each.close()


def open_run() -> Path:
    """Make the directory of this test run and tell child processes of it."""
    directory = Path(tempfile.mkdtemp(prefix="cyborg_rr-"))
    directory.chmod(0o755)  # the servers' user has to reach its own directory below
    (directory / "owner").write_text(str(os.getpid()))
    os.environ[RUN_DIRECTORY] = str(directory)
    return directory


def close_run(directory: Path) -> None:
    """Stop every server of the run, wait for their ends, and remove the run's directory."""
    notes = {}
    for note in directory.glob("*/supervisor.*"):
        with suppress(FileNotFoundError):  # its server ended by itself just now
            notes[note] = int(note.read_text())
    for pid in notes.values():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while any(note.exists() for note in notes) and time.monotonic() < deadline:
        time.sleep(0.05)
    for supervisor in _supervisors.pop(directory, []):
        supervisor.wait(timeout=_STOP_SECONDS)
    shutil.rmtree(directory, ignore_errors=True)


def address_of(server: Server) -> dict[str, str]:
    """Start the server unless this test run has it already, and return its address.

    Raises ServerMissing when its program is not installed, ServerFailed when it does not start.
    """
    server.find()
    run = Path(os.environ[RUN_DIRECTORY])
    address_file, failure_file = run / f"{server.name}.json", run / f"{server.name}.failed"
    with open(run / f"{server.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if failure_file.exists():
            raise ServerFailed(failure_file.read_text())
        if not address_file.exists():
            try:
                address = _start(server, run)
            except ServerFailed as failure:
                failure_file.write_text(str(failure))
                raise
            address_file.write_text(json.dumps(address))
        held: dict[str, str] = json.loads(address_file.read_text())
        return held


def _start(server: Server, run: Path) -> dict[str, str]:
    """Prepare the server's directory, start its programs and wait until it answers."""
    directory = run / server.name
    directory.mkdir()
    place = Place(directory, "nobody" if server.refuses_root and os.geteuid() == 0 else None)
    with place.own():
        (directory / "home").mkdir()
    address, programs = server.prepare(place)
    log = run / f"{server.name}.log"
    running = [_supervise(program, place, log) for program in programs]
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.check(address)
        except Exception as reason:  # any refusal means: not ready yet
            ended = any(each.poll() is not None for each in running)
            if ended or time.monotonic() > deadline:
                tail = log.read_text(errors="replace")[-3000:]
                raise ServerFailed(f"{server.name} did not start ({reason}): {tail}") from reason
            time.sleep(0.1)
        else:
            return address


def _supervise(program: Program, place: Place, log: Path) -> "subprocess.Popen[bytes]":
    """Start a program under its supervisor, which outlives this worker but not the test run."""
    owner = (place.directory.parent / "owner").read_text()
    supervisor = subprocess.Popen(
        [
            sys.executable,
            str(Path(__file__).with_name("supervise.py")),
            f"--owner={owner}",
            f"--directory={place.directory}",
            f"--log={log}",
            f"--stop-signal={program.stop_signal}",
            *([f"--user={place.user}"] if place.user else []),
            "--",
            *program.command,
        ],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "HOME": str(place.directory / "home")},
    )
    _supervisors.setdefault(place.directory.parent, []).append(supervisor)
    (place.directory / f"supervisor.{program.name}").write_text(str(supervisor.pid))
    return supervisor

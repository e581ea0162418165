"""Two conductors, two agents and two API servers on one bus and one database, of either release."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.long.rolling.releases import Release
from tests.servers.server import free_ports

START_SECONDS = 60.0
END_SECONDS = 60.0
KINDS = ("conductor", "agent", "api")
HOSTS = ("gpu-1", "gpu-2")
DEVICES = 8

FLEET = "hosts: [{{name: gpu-{number}, count: 1, devices: {{nvidia-h100-sxm-80: {devices}}}}}]\n"
CONFIGURATION = """\
[DEFAULT]
transport_url = {bus}
host = {name}
state_path = {directory}
[database]
connection = {database}
[api]
auth_strategy = noauth
port = {port}
[agent]
enabled_drivers = fake
resource_provider_name = {name}-itself
fleet_file = {fleet}
report_interval = 2
[conductor]
agent_timeout = 10
heal_interval = 3
bind_timeout = 30
lost_after = 13
gossip_interval = 1
"""


class Failed(Exception):
    """A process did not start, or did not end, as it must."""


class Cloud:
    """The processes by name (``agent-1``), each with its release; one is exchanged at a time."""

    def __init__(self, directory: Path, bus: str, database: str) -> None:
        self._directory = directory
        ports = free_ports(2)
        self.urls = [f"http://127.0.0.1:{port}" for port in ports]
        self._ports = dict(zip(("api-1", "api-2"), ports, strict=True))
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        for kind in KINDS:
            for number in (1, 2):
                name = f"{kind}-{number}"
                own = directory / name
                own.mkdir(parents=True)
                fleet = own / "fleet.yaml"
                fleet.write_text(FLEET.format(number=number, devices=DEVICES))
                (own / "conf").write_text(
                    CONFIGURATION.format(
                        bus=bus,
                        name=name,
                        directory=own,
                        database=database.replace("%", "%%"),
                        port=self._ports.get(name, 6666),
                        fleet=fleet,
                    )
                )

    def run(self, release: Release, program: str, *arguments: str) -> tuple[int, str]:
        """Run a program to its end: its status and all that it said."""
        done = subprocess.run(
            self._command(release, program, "conductor-1", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=4 * START_SECONDS,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def migrate(self, release: Release) -> None:
        """Bring the database to a release."""
        status, said = self.run(release, "dbsync", "upgrade")
        if status:
            raise Failed(f"dbsync of {release.name} ended with {status}:\n{said}")

    def _command(self, release: Release, program: str, name: str, *arguments: str) -> list[str]:
        script = release.scripts / f"cyborg-rr-{program}"
        return [str(script), "--config-file", str(self._directory / name / "conf"), *arguments]

    def start(self, release: Release, name: str) -> None:
        """Start a process, and return once it takes calls."""
        log = self._directory / name / "log"
        known = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            process = subprocess.Popen(
                self._command(release, name.partition("-")[0], name),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self._running[name] = process
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready(name, known):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"{name} of {release.name} did not start:\n{self.read_log(name)}")
            time.sleep(0.1)

    def _is_ready(self, name: str, known: int) -> bool:
        if name in self._ports:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self._ports[name])) == 0
        return b"takes calls" in (self._directory / name / "log").read_bytes()[known:]

    def end(self, name: str) -> None:
        """Ask a process to end, as an operator's service manager does; it must end well."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(END_SECONDS)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait()
            raise Failed(f"{name} did not end:\n{self.read_log(name)}") from error
        if status:
            raise Failed(f"{name} ended with status {status}:\n{self.read_log(name)}")

    def read_log(self, name: str) -> str:
        """The last that a process said."""
        return (self._directory / name / "log").read_text(errors="replace")[-4000:]

    def list_logs(self) -> list[Path]:
        """What all processes said."""
        return sorted(self._directory.glob("*/log"))

    @contextmanager
    def running(self) -> Iterator[None]:
        """End what still runs when the block ends, however it ends."""
        try:
            yield
        finally:
            for process in self._running.values():
                process.kill()
            for process in self._running.values():
                process.wait()

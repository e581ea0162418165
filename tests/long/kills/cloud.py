"""A cloud of two API servers, two conductors and two agents that can be killed one by one."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.fakes.nova import TOKEN
from tests.long.kills.points import PIPE, Point, arm, find_reached
from tests.servers.server import free_ports

START_SECONDS = 60.0
NAMES = tuple(f"{kind}-{number}" for kind in ("conductor", "agent", "api") for number in (1, 2))
HOSTS = {"agent-1": ("gpu-11", "gpu-12"), "agent-2": ("gpu-21", "gpu-22")}
DEVICES = 4
"""On each host, each with one handle."""

MOST_OTHERS = 2
"""Devices of another product that come and go with a start, so that there is something to report;
nobody binds them."""

PERIOD_SECONDS = 1
"""After which agents report and conductors heal."""

CALL_SECONDS = 2
"""How long an agent may take; the API waits three times as long."""

CONFIGURATION = """\
[DEFAULT]
transport_url = {bus}
host = {name}
state_path = {directory}
[database]
connection = {database}
[oslo_messaging_rabbit]
kombu_reconnect_delay = 0.2
[api]
auth_strategy = noauth
port = {port}
[agent]
enabled_drivers = fake
resource_provider_name = {name}-itself
fleet_file = {fleet}
report_interval = {period}
[conductor]
agent_timeout = {call}
heal_interval = {period}
bind_timeout = 10
lease_seconds = 4
gossip_interval = 1
lost_after = 60
[nova]
auth_type = admin_token
endpoint = {nova}
token = {token}
timeout = 2
"""
_READY = {"api": b"listens on", "conductor": b"takes calls", "agent": b"takes calls"}


class Failed(Exception):
    """A process did not start as it must."""


class Nursery:
    """The process that all others are forks of."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.long.kills.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self._read()

    def start(self, kind: str, directory: Path) -> int:
        """A new process of that kind; its id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"kind": kind, "directory": str(directory)}) + "\n")
        self._process.stdin.flush()
        return self._read()["process"]

    def _read(self) -> dict[str, int]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Failed(f"the nursery has ended: {Path(self._log.name).read_text()[-2000:]}")
        answer: dict[str, int] = json.loads(line)
        return answer

    def close(self) -> None:
        """End it and all that it started."""
        self._process.kill()
        self._process.wait()
        self._log.close()


class Cloud:
    """The processes by name (``agent-1``)."""

    def __init__(
        self, directory: Path, nursery: Nursery, bus: str, database: str, nova: str
    ) -> None:
        self.directory = directory
        self._nursery = nursery
        self._running: dict[str, int] = {}
        self._known: dict[str, int] = {}
        self.devices: dict[str, int] = {}
        ports = free_ports(2)
        self.urls = [f"http://127.0.0.1:{port}" for port in ports]
        of_name = dict(zip(("api-1", "api-2"), ports, strict=True))
        for name in NAMES:
            own = directory / name
            own.mkdir(parents=True)
            os.mkfifo(own / PIPE)
            self.change_devices(name, 0)
            (own / "conf").write_text(
                CONFIGURATION.format(
                    bus=bus,
                    name=name,
                    directory=own,
                    database=database.replace("%", "%%"),
                    port=of_name.get(name, 6666),
                    fleet=own / "fleet.yaml",
                    period=PERIOD_SECONDS,
                    call=CALL_SECONDS,
                    nova=nova,
                    token=TOKEN,
                )
            )

    def change_devices(self, name: str, others: int) -> None:
        """What the hosts of an agent have when it starts next, beside what never changes."""
        hosts = HOSTS.get(name, ())
        fleet = [
            f"{{name: {host}, devices: {{nvidia-t4: {DEVICES}, nvidia-l4: {others}}}}}"
            if others
            else f"{{name: {host}, devices: {{nvidia-t4: {DEVICES}}}}}"
            for host in hosts
        ]
        (self.directory / name / "fleet.yaml").write_text(f"hosts: [{', '.join(fleet)}]\n")
        self.devices |= dict.fromkeys(hosts, DEVICES + others)

    def start(self, name: str) -> None:
        """Start a process; it may not be ready yet."""
        log = self.directory / name / "log"
        self._known[name] = log.stat().st_size if log.exists() else 0
        kind = name.partition("-")[0]
        self._running[name] = self._nursery.start(kind, self.directory / name)

    def is_ready(self, name: str) -> bool:
        """Whether it takes calls; ``Failed`` where it has ended by itself."""
        log = self.directory / name / "log"
        said = log.read_bytes()[self._known[name] :] if log.exists() else b""
        if not Path(f"/proc/{self._running[name]}").exists():
            raise Failed(f"{name} has ended: {said.decode(errors='replace')[-4000:]}")
        return _READY[name.partition("-")[0]] in said

    def wait_ready(self) -> None:
        """Until all processes take calls."""
        deadline = time.monotonic() + START_SECONDS
        while waiting := [name for name in NAMES if not self.is_ready(name)]:
            if time.monotonic() > deadline:
                said = {
                    name: (self.directory / name / "log").read_text(errors="replace")[-2000:]
                    for name in waiting
                }
                raise Failed(f"not ready within {START_SECONDS:.0f} s: {said}")
            time.sleep(0.05)

    def kill(self, name: str, points: Sequence[Point], seconds: float) -> str | None:
        """kill -9 at a point, or after so many seconds; at which point it was."""
        handle = os.pidfd_open(self._running[name])
        try:
            is_armed = arm(self.directory / name, points)
            if not is_armed or not select.select([handle], [], [], seconds)[0]:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                select.select([handle], [], [], START_SECONDS)
            return find_reached(self.directory / name)
        finally:
            os.close(handle)

    @contextmanager
    def running(self) -> Iterator[None]:
        """All processes, until the block ends."""
        try:
            for name in NAMES:
                self.start(name)
            self.wait_ready()
            yield
        finally:
            for process in self._running.values():
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    def list_ledgers(self) -> list[Path]:
        """The files in which the agents keep what they gave out."""
        return [self.directory / name / "agent-ledger.sqlite" for name in HOSTS]

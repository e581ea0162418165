"""kill -9 of everything while a device is cleaned: it is never free before it is clean."""

from __future__ import annotations

import sqlite3
import stat
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from tests.services.processes import Client, Process
from tests.services.test_processes import free_port, wait_for_port

CONFIG = """[DEFAULT]
state_path={directory}/state
host={host}
transport_url={bus}
[database]
connection=sqlite:///{directory}/db.sqlite
[api]
auth_strategy=noauth
port={port}
[agent]
enabled_drivers=fake
report_interval=1
resource_provider_name=compute-1
fleet_file={directory}/fleet.yaml
[conductor]
heal_interval=1
[cleaning]
hook={hook}
"""
FLEET = "hosts: [{name: gpu-0, devices: {nvidia-t4: 1}}]\n"
HOOK = """#!/bin/sh
echo "$CYBORG_RR_BINDING" >> {directory}/begun
while [ ! -e {directory}/go-on ]; do sleep 0.1; done
echo "$CYBORG_RR_BINDING" >> {directory}/ended
"""
ROUNDS = 3
SECONDS = 40


class Service:
    """Agent and conductor as processes of their own, over a bus that outlives them."""

    def __init__(self, directory: Path, bus: str) -> None:
        self.directory = directory
        self.number = 0
        self.port = free_port()
        (directory / "fleet.yaml").write_text(FLEET)
        hook = directory / "hook"
        hook.write_text(HOOK.format(directory=directory))
        hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
        self.files = {}
        for name in ("agent", "conductor", "api"):
            self.files[name] = directory / f"{name}.conf"
            text = CONFIG.format(directory=directory, host=name, bus=bus, hook=hook, port=self.port)
            self.files[name].write_text(text)

    def start(self, name: str) -> Process:
        """One process."""
        self.number += 1
        arguments = ["--config-file", str(self.files[name])]
        output = self.directory / f"{name}-{self.number}.log"
        return Process(f"cyborg-rr-{name}", arguments, output)

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Ask the database."""
        connection = sqlite3.connect(f"file:{self.directory}/db.sqlite?mode=ro", uri=True)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    def count(self, name: str) -> int:
        """How often the hook has begun, or ended."""
        path = self.directory / name
        return len(path.read_text().splitlines()) if path.exists() else 0


def wait_for(what: str, holds: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


STATES = "SELECT state FROM attach_handles WHERE state != 'free'"


def test_what_was_being_cleaned_when_all_died_is_cleaned_before_it_is_free(
    tmp_path: Path, rabbit_url: str
) -> None:
    service = Service(tmp_path, rabbit_url)
    sync = Process(
        "cyborg-rr-dbsync",
        ["--config-file", str(service.files["conductor"]), "upgrade"],
        tmp_path / "dbsync.log",
    )
    assert sync.process.wait(60) == 0, (tmp_path / "dbsync.log").read_text()
    conductor, agent, api = (service.start(name) for name in ("conductor", "agent", "api"))
    wait_for_port(service.port, api)
    client = Client(f"http://127.0.0.1:{service.port}")
    client.wait_for_devices(2)
    client.create_profile("one", [{"resources:PGPU": "1"}])
    (arq,) = client.create_requests("one")
    provider = next(
        part["rp_uuid"]
        for part in client.get("/v2/deployables")["deployables"]
        if part["name"].startswith("gpu-0_")
    )
    answer = client.bind(arq, "gpu-0", provider, str(uuid.uuid4()))
    assert answer.status_code == 202, answer.text
    assert client.call("DELETE", f"/v2/accelerator_requests?arqs={arq}").ok
    for number in range(ROUNDS):
        wait_for("a clean begins", lambda: service.count("begun") > number)  # noqa: B023
        assert service.query(STATES) in ([("dirty",)], [("releasing",)])
        for process in (agent, conductor):
            process.kill()
        assert service.count("ended") == 0
        conductor, agent = service.start("conductor"), service.start("agent")
    wait_for("it is begun again", lambda: service.count("begun") > ROUNDS)
    wait_for("it is known dirty", lambda: service.query(STATES) == [("dirty",)])
    (tmp_path / "go-on").touch()
    wait_for("it is free", lambda: service.query(STATES) == [])
    assert service.count("ended") >= 1
    (clean,) = service.query(
        "SELECT DISTINCT clean_method FROM attach_handles WHERE clean_method IS NOT NULL"
    )
    assert clean == ("hook",)
    for process in (agent, conductor, api):
        assert process.terminate() == 0

"""Conductors are killed while the API waits for them; agents are there before them."""

from __future__ import annotations

import json
import signal
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import AcceleratorRequestRow
from tests.patience import without_waiting
from tests.services.processes import Client, Process
from tests.services.test_processes import free_port, wait_for_port

LEASE_SECONDS = 4
CONFIG = f"""
[DEFAULT]
transport_url = {{bus}}
host = {{name}}
state_path = {{directory}}
[database]
connection = {{database}}
[api]
auth_strategy = noauth
port = {{port}}
[agent]
enabled_drivers = fake
resource_provider_name = compute-1
fleet_file = {{fleet}}
[conductor]
agent_timeout = 20
lease_seconds = {LEASE_SECONDS}
heal_interval = 5
"""
FLEET = "hosts: [{name: gpu-%d, count: 1, devices: {nvidia-h100-sxm-80: 4}}]\n"
CALL_SECONDS = 60
"""What a call of a conductor may take while one lives."""


class Service:
    """An API, an agent, and conductors that a test starts and kills."""

    def __init__(self, directory: Path, bus: str) -> None:
        self._directory = directory
        self._bus = bus
        self._url = f"sqlite:///{directory / 'x.sqlite'}"
        self._port = free_port()
        self.started: dict[str, Process] = {}
        (directory / "fleet.yaml").write_text(FLEET)
        sync = self._make("cyborg-rr-dbsync", "sync", "upgrade")
        assert sync.process.wait(60) == 0, sync.output.read_text()
        self.client = Client(f"http://127.0.0.1:{self._port}")
        self.database = Database(make_config([], files=[], database__connection=self._url).database)

    def _make(self, script: str, name: str, *action: str) -> Process:
        config = self._directory / f"{name}.conf"
        state = self._directory / name
        state.mkdir(exist_ok=True)
        config.write_text(
            CONFIG.format(
                bus=self._bus,
                name=name,
                directory=state,
                database=self._url,
                port=self._port,
                fleet=self._directory / "fleet.yaml",
            )
        )
        arguments = ["--config-file", str(config), *action]
        return Process(script, arguments, self._directory / f"{name}.log")

    def start(self, script: str, name: str) -> Process:
        """Run a process of the service."""
        self.started[name] = self._make(f"cyborg-rr-{script}", name)
        return self.started[name]

    def start_api(self) -> None:
        """Run the API, until it listens."""
        wait_for_port(self._port, self.start("api", "api"))

    def find_binder(self, arq: str) -> str | None:
        """The conductor that binds a request now."""
        with self.database.reading() as session:
            row = AcceleratorRequestRow
            found = session.execute(select(row.state, row.conductor).where(row.uuid == arq)).one()
        return found[1] if found[0] == "BindStarted" else None

    def stop(self) -> None:
        """End all that runs."""
        for process in self.started.values():
            if process.process.poll() is None:
                process.process.send_signal(signal.SIGCONT)
                process.kill()
        self.database.close()


@pytest.fixture
def service(tmp_path: Path, rabbit_url: str) -> Iterator[Service]:
    """A service of which nothing runs yet."""
    service = Service(tmp_path, rabbit_url)
    yield service
    service.stop()
    for name, process in service.started.items():  # shown when the test fails
        print(f"--- {name}\n{process.output.read_text(errors='replace')[-3000:]}")


def wait_until(condition: Any, seconds: float = 60) -> None:
    """Wait for what other processes do."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def begin_bind(service: Service, pool: ThreadPoolExecutor) -> tuple[str, Future[Any]]:
    """A bind on a host that is just now frozen; returns when a conductor has begun it."""
    (arq,) = service.client.create_requests("p")
    provider = next(
        item["rp_uuid"]
        for item in service.client.get("/v2/deployables")["deployables"]
        if item["name"].startswith("gpu-0_")
    )
    call = pool.submit(service.client.bind, arq, "gpu-0", provider, str(uuid.uuid4()))
    wait_until(lambda: service.find_binder(arq))
    return arq, call


def tell(answer: requests.Response) -> str:
    assert answer.status_code == 503, answer.text
    assert answer.headers["Retry-After"] == "5"
    return str(json.loads(answer.json()["error_message"])["faultstring"])


def test_a_bind_whose_only_conductor_dies_is_told_in_seconds_and_so_is_the_next(
    service: Service,
) -> None:
    service.start("conductor", "one")
    service.start_api()
    agent = service.start("agent", "compute-1")
    client = service.client
    client.wait_for_devices(4)
    client.create_profile("p", [{"resources:PGPU": "1"}])
    assert {each["state"] for each in client.get("/v2/agents")["agents"]} == {"up"}
    with ThreadPoolExecutor(1) as pool:
        agent.process.send_signal(signal.SIGSTOP)
        arq, call = begin_bind(service, pool)
        time.sleep(2 * LEASE_SECONDS + 1)
        assert not call.done(), "it is waited for while its conductor lives"
        service.started["one"].kill()
        with without_waiting(CALL_SECONDS):
            tell(call.result(90))
    wait_until(lambda: "no conductor is alive" in tell(client.call("DELETE", "/v2/hosts/gpu-0")))
    with without_waiting(CALL_SECONDS):
        refused = tell(client.call("DELETE", f"/v2/accelerator_requests?arqs={arq}"))
        assert refused.startswith("no conductor is alive; the last was seen at 20")
        agents = client.get("/v2/agents")["agents"]
    assert {each["state"] for each in agents} == {"unknown"}
    assert all("no conductor is alive" in each["unknown_reason"] for each in agents)
    assert all(each["unknown_since"] for each in agents)
    agent.process.send_signal(signal.SIGCONT)
    service.start("conductor", "two")
    wait_until(lambda: client.get(f"/v2/accelerator_requests/{arq}")["state"] == "Unbound")
    wait_until(lambda: client.call("DELETE", f"/v2/accelerator_requests?arqs={arq}").ok)


def test_a_bind_whose_conductor_dies_beside_another_is_told_in_seconds(service: Service) -> None:
    for name in ("one", "two"):
        service.start("conductor", name)
    service.start_api()
    agent = service.start("agent", "compute-1")
    client = service.client
    client.wait_for_devices(4)
    client.create_profile("p", [{"resources:PGPU": "1"}])
    wait_until(lambda: len(client.get("/v2/conductors")["conductors"]) == 2)
    with ThreadPoolExecutor(1) as pool:
        agent.process.send_signal(signal.SIGSTOP)
        arq, call = begin_bind(service, pool)
        service.started[str(service.find_binder(arq))].kill()
        with without_waiting(CALL_SECONDS):
            assert "no conductor answered bind" in tell(call.result(90))
        wait_until(lambda: client.get(f"/v2/accelerator_requests/{arq}")["state"] == "Unbound")


def test_an_agent_that_was_there_first_reports_soon_after_the_conductor_comes(
    service: Service,
) -> None:
    service.start_api()
    service.start("agent", "compute-1")
    time.sleep(5)
    service.start("conductor", "one")
    wait_until(lambda: service.client.get("/v2/conductors")["conductors"])
    with without_waiting(CALL_SECONDS):  # it was a call of the agent, and what is between two
        wait_until(lambda: len(service.client.get("/v2/devices")["devices"]) >= 4)

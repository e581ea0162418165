"""kill -9 of the conductor around its calls of Nova: what was committed is told after a restart."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.nova import EVENTS, TOKEN, FakeNova
from tests.fakes.serving import serving
from tests.services.processes import Client, Process
from tests.services.test_processes import CONFIG, free_port, wait_for_port

HOST = "gpu-1"
FLEET = f"hosts: [{{name: {HOST}, devices: {{nvidia-t4: 8}}}}]\n"
NOVA = """
[nova]
auth_type = admin_token
endpoint = {url}
token = {token}
timeout = 2
"""


class Service:
    """All processes, and the Nova that their conductor tells."""

    def __init__(self, directory: Path, config: str, port: int, nova: FakeNova) -> None:
        self.directory = directory
        self.nova = nova
        self._arguments = ["--config-file", str(directory / "cyborg_rr.conf")]
        (directory / "cyborg_rr.conf").write_text(config)
        dbsync = Process("cyborg-rr-dbsync", [*self._arguments, "upgrade"], directory / "dbsync")
        assert dbsync.process.wait(60) == 0, (directory / "dbsync").read_text()
        self.conductor = self._start("conductor")
        self._others = [self._start("api"), self._start("agent")]
        wait_for_port(port, self._others[0])
        self.client = Client(f"http://127.0.0.1:{port}")
        self.client.wait_for_devices(9)
        self.client.create_profile("t4", [{"resources:PGPU": "1"}])
        parts = self.client.get("/v2/deployables")["deployables"]
        self.providers = [part["rp_uuid"] for part in parts if part["name"].startswith(HOST)]

    def _start(self, name: str) -> Process:
        output = self.directory / f"{name}-{uuid.uuid4().hex}"
        return Process(f"cyborg-rr-{name}", self._arguments, output)

    def restart(self) -> None:
        """The conductor dies, as in a power cut, and is started again."""
        self.conductor.kill()
        self.conductor = self._start("conductor")

    def bind(self, number: int) -> tuple[str, int]:
        """A request for an instance that is being built, and the status of its bind."""
        instance = str(uuid.uuid4())
        self.nova.hosts[instance] = HOST
        client = Client(self.client.url)
        (arq,) = client.create_requests("t4")
        return arq, client.bind(arq, HOST, self.providers[number], instance).status_code

    def stop(self) -> None:
        """End everything."""
        for process in (*self._others, self.conductor):
            process.terminate()


@pytest.fixture
def service(tmp_path: Path, rabbit_url: str, postgresql_url: str) -> Iterator[Service]:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(FLEET)
    nova, port = FakeNova(), free_port()
    with serving(nova) as url:
        config = CONFIG.format(
            bus=rabbit_url,
            name="node-1",
            directory=tmp_path,
            database=postgresql_url.replace("%", "%%"),
            port=port,
            fleet=fleet,
        )
        config += "heal_interval = 1\nagent_timeout = 3\n" + NOVA.format(url=url, token=TOKEN)
        service = Service(tmp_path, config, port, nova)
        yield service
        service.stop()


def test_what_was_committed_is_told_after_kill_9(service: Service) -> None:
    nova = service.nova
    tried = threading.Event()

    def refuse(_method: str, path: str) -> tuple[str, object] | None:
        tried.set()
        return ("503 Service Unavailable", {}) if path == EVENTS else None

    nova.before = refuse
    arq, status = service.bind(0)
    assert status == 202
    assert tried.wait(30)
    service.restart()
    nova.before = lambda *_: None
    assert nova.wait_for({arq}, 30) == {arq: "completed"}

    def hang(*_: str) -> None:
        tried.set()
        time.sleep(4)

    tried.clear()
    nova.after = hang  # it takes the event, and the answer never comes
    second, status = service.bind(1)
    assert status == 202
    assert tried.wait(30)
    service.restart()
    nova.after = lambda *_: None
    nova.arrived.pop(second, None)
    assert nova.wait_for({second}, 40) == {second: "completed"}

    acknowledged: set[str] = set()
    chance = random.Random(7)
    for _ in range(2):
        threads = [
            threading.Thread(target=_bind_some, args=(service, range(first, 8, 2), acknowledged))
            for first in (2, 3)
        ]
        for thread in threads:
            thread.start()
        time.sleep(chance.random() * 0.5)
        service.restart()
        for thread in threads:
            thread.join()
        arrived = nova.wait_for(acknowledged, 60)
        assert set(arrived.values()) <= {"completed"}


def _bind_some(service: Service, numbers: range, acknowledged: set[str]) -> None:
    for number in numbers:
        arq, status = service.bind(number)
        if status == 202:
            acknowledged.add(arq)
        else:
            assert status in (404, 503), status  # held since the round before; or nobody answers

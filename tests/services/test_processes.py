"""API, conductor and agent as processes of their own, over RabbitMQ and PostgreSQL."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.processes import Client, Process

FLEET = "hosts: [{name: gpu-%d, count: 2, devices: {nvidia-h100-sxm-80: 2}}]\n"
CONFIG = """
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
resource_provider_name = compute-1
fleet_file = {fleet}
[conductor]
agent_timeout = 10
"""


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def client(tmp_path: Path, rabbit_url: str, postgresql_url: str) -> Iterator[Client]:
    """A client of a service made of four processes."""
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text(FLEET)
    port = free_port()
    started = []
    config = tmp_path / "cyborg_rr.conf"
    config.write_text(
        CONFIG.format(
            bus=rabbit_url,
            name="node-1",
            directory=tmp_path,
            database=postgresql_url.replace("%", "%%"),
            port=port,
            fleet=fleet,
        )
    )
    arguments = ["--config-file", str(config)]
    dbsync = Process("cyborg-rr-dbsync", [*arguments, "upgrade"], tmp_path / "dbsync")
    assert dbsync.process.wait(60) == 0, (tmp_path / "dbsync").read_text()
    for script in ("cyborg-rr-conductor", "cyborg-rr-api", "cyborg-rr-agent"):
        started.append(Process(script, arguments, tmp_path / script))
    client = Client(f"http://127.0.0.1:{port}")
    wait_for_port(port, started[1])
    yield client
    statuses = [process.terminate() for process in reversed(started)]
    for process in started:  # shown when the test fails
        print(f"--- {process.output.name}\n{process.output.read_text()[-4000:]}")
    assert statuses == [0, 0, 0]


def wait_for_port(port: int, process: Process) -> None:
    """Wait until somebody listens."""
    import time

    for _ in range(600):
        assert process.process.poll() is None, process.output.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(process.output.read_text())


def test_a_request_is_bound_and_released_across_processes(client: Client) -> None:
    client.wait_for_devices(5)
    client.create_profile("h100", [{"resources:PGPU": "1"}])
    (arq,) = client.create_requests("h100")
    deployable = next(
        item
        for item in client.get("/v2/deployables")["deployables"]
        if item["name"].startswith("gpu-1_")
    )
    instance = str(uuid.uuid4())
    answer = client.bind(arq, "gpu-1", deployable["rp_uuid"], instance)
    assert answer.status_code == 202, answer.text
    bound = client.get(f"/v2/accelerator_requests/{arq}")
    assert (bound["state"], bound["hostname"]) == ("Bound", "gpu-1")
    assert bound["attach_handle_type"] == "TEST_PCI"
    (second,) = client.create_requests("h100")
    refused = client.bind(second, "gpu-1", deployable["rp_uuid"], str(uuid.uuid4()))
    assert refused.status_code == 404
    fault = json.loads(refused.json()["error_message"])["faultstring"]
    assert fault.startswith("every attach handle of gpu-1_")
    assert "Traceback" not in fault
    assert client.call("DELETE", f"/v2/accelerator_requests?instance={instance}").ok
    again = client.bind(second, "gpu-1", deployable["rp_uuid"], str(uuid.uuid4()))
    assert again.status_code == 202, again.text

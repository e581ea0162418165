"""The API as an operator runs it: a process of its own, that reads about Keystone in its file."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.clients.service import write_configuration
from tests.servers.realm import Realm
from tests.servers.server import free_ports
from tests.services.processes import START_SECONDS, Client, Process

_CONFIGURATION = """\
[DEFAULT]
transport_url = fake://
[database]
connection = sqlite:///{directory}/cyborg_rr.sqlite
[api]
port = {port}
"""


@pytest.fixture
def client(realm: Realm, tmp_path: Path) -> Iterator[Client]:
    """A caller of such a process."""
    (port,) = free_ports(1)
    own = tmp_path / "own.conf"
    own.write_text(_CONFIGURATION.format(directory=tmp_path, port=port))
    files = ["--config-file", str(own), "--config-file", write_configuration(realm, tmp_path)]
    dbsync = Process("cyborg-rr-dbsync", [*files, "upgrade"], tmp_path / "dbsync")
    assert dbsync.process.wait(START_SECONDS) == 0, dbsync.output.read_text()
    api = Process("cyborg-rr-api", files, tmp_path / "api")
    client = Client(f"http://127.0.0.1:{port}")
    wait_for(client, api)
    yield client
    status = api.terminate()
    print(api.output.read_text())
    assert status == 0


def wait_for(client: Client, api: Process) -> None:
    """Until it answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            client.call("GET", "/healthcheck")
        except requests.ConnectionError:
            assert api.process.poll() is None, api.output.read_text()
            assert time.monotonic() < deadline, api.output.read_text()
            time.sleep(0.1)
        else:
            return


def test_the_process_asks_keystone_who_calls(client: Client, realm: Realm) -> None:
    def status_of(token: str | None) -> int:
        headers = {"X-Auth-Token": token} if token else {}
        return client.call("GET", "/v2/devices", headers=headers).status_code

    assert client.call("GET", "/v2").status_code == 200
    assert status_of(None) == 401
    assert status_of("garbage") == 401
    assert status_of(realm.token("manager")) == 200
    assert status_of(realm.token("member")) == 403

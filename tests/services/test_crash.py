"""kill -9 while binds are under way: what was acknowledged stays, what was not leaves no trace."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
import uuid
from pathlib import Path

import pytest
import requests

from tests.services.processes import Client, Process

FLEET = "hosts: [{name: host-%d, count: 2, devices: {nvidia-t4: 4}}]\n"
CLIENTS = 4
ROUNDS = 3
HEAL_SECONDS = 40


def start(directory: Path) -> tuple[Process, Client]:
    """The embedded service on that state."""
    fleet = directory / "fleet.yaml"
    fleet.write_text(FLEET)
    output = directory / f"output-{uuid.uuid4().hex}"
    arguments = ["up", "--port", "0", "--state-dir", str(directory / "state")]
    process = Process("cyborg-rr", [*arguments, "--fleet", str(fleet)], output)
    return process, Client(process.wait_for(r"http://127\.0\.0\.1:\d+")[0])


class Load:
    """Clients that bind and delete until the service dies."""

    def __init__(self, url: str, profile: str, places: list[tuple[str, str]]) -> None:
        self._url = url
        self._profile = profile
        self._places = places
        self.acknowledged: set[str] = set()
        self.undecided: set[str] = set()
        self.wrong: list[str] = []
        self._threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)

    def _run(self) -> None:
        client = Client(self._url)
        mine: list[str] = []
        try:
            while True:
                (arq,) = client.create_requests(self._profile)
                host, provider = random.choice(self._places)
                self.undecided.add(arq)
                answer = client.bind(arq, host, provider, str(uuid.uuid4()))
                if answer.status_code == 202:
                    self.acknowledged.add(arq)
                    mine.append(arq)
                elif answer.status_code >= 500:
                    self.wrong.append(answer.text)
                self.undecided.discard(arq)
                if len(mine) > 1:
                    gone = mine.pop(0)
                    self.acknowledged.discard(gone)
                    self.undecided.add(gone)
                    client.call("DELETE", f"/v2/accelerator_requests?arqs={gone}")
        except requests.RequestException:
            return  # the service is dead, as it should be


def query(directory: Path, statement: str) -> list[tuple[object, ...]]:
    """Ask the service's database."""
    path = directory / "state" / "cyborg_rr.sqlite"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


UNSETTLED = """
SELECT h.uuid, h.state, a.state FROM attach_handles h
LEFT JOIN accelerator_requests a ON a.uuid = h.arq_uuid
WHERE h.state = 'releasing' OR (h.state = 'held' AND (a.state IS NULL OR a.state != 'Bound'))
UNION ALL
SELECT a.uuid, a.state, NULL FROM accelerator_requests a WHERE a.state = 'BindStarted'
"""
LEDGER = "SELECT COUNT(*) FROM claims"
HELD = "SELECT COUNT(*) FROM attach_handles WHERE state = 'held'"


def test_no_handle_is_left_without_an_owner_after_kill_9(tmp_path: Path) -> None:
    process, client = start(tmp_path)
    client.wait_for_devices(8)
    client.create_profile("one", [{"resources:PGPU": "1"}])
    places = [
        (deployable["name"].rpartition("_")[0], deployable["rp_uuid"])
        for deployable in client.get("/v2/deployables")["deployables"]
        if deployable["name"].startswith("host-")
    ]
    assert len(places) == 8
    acknowledged: set[str] = set()
    for number in range(ROUNDS):
        load = Load(client.url, "one", places)
        load.start()
        time.sleep(1.5 + random.random())
        process.kill()
        load.join()
        assert not load.wrong
        acknowledged |= load.acknowledged
        process, client = start(tmp_path)
        deadline = time.monotonic() + HEAL_SECONDS
        while unsettled := query(tmp_path, UNSETTLED):
            assert time.monotonic() < deadline, f"round {number}: {unsettled}"
            time.sleep(0.2)
        bound = {
            arq["uuid"]
            for arq in client.get("/v2/accelerator_requests")["arqs"]
            if arq["state"] == "Bound"
        }
        assert acknowledged <= bound
        free = [arq for arq in acknowledged if random.random() < 0.7]
        for arq in [*free, *(bound - acknowledged)]:
            assert client.call("DELETE", f"/v2/accelerator_requests?arqs={arq}").ok
            acknowledged.discard(arq)
    (held,) = query(tmp_path, HELD)[0]
    assert held == len(acknowledged)
    assert process.terminate() == 0
    ledger = sqlite3.connect(tmp_path / "state" / "agent-ledger.sqlite")
    assert ledger.execute(LEDGER).fetchone() == (held,)
    ledger.close()


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--fleet", "/no/such/file"]])
def test_a_mistake_at_start_is_one_line(tmp_path: Path, arguments: list[str]) -> None:
    output = tmp_path / "output"
    process = Process("cyborg-rr", ["up", "--state-dir", str(tmp_path / "s"), *arguments], output)
    assert process.process.wait(60) == 2
    assert len(output.read_text().splitlines()) == 1


def test_a_database_that_does_not_answer_ends_a_start_as_something_that_passes(
    tmp_path: Path,
) -> None:
    """Status 2 is a mistake, after which a supervisor does not start the process again."""
    config = tmp_path / "cyborg_rr.conf"
    url = f"mysql+pymysql://root@localhost/x?unix_socket={tmp_path}/nobody"
    config.write_text(f"[database]\nconnection={url}\nmax_retries=1\nretry_interval=1\n")
    process = Process("cyborg-rr-conductor", ["--config-file", str(config)], tmp_path / "output")
    process.wait_for("cyborg-rr-conductor: cannot start: .*Can't connect")
    assert process.process.wait(60) == 1
    process.terminate()

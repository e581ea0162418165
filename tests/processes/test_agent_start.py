"""How an agent's process starts on a state directory: its own, another's, or none."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyborg_rr.agent.ledger import Ledger
from tests.services.processes import Process
from tests.unit.agent.builders import make_device, make_old_claim, write_first_release
from tests.warm.starting import run_script

DEVICE = make_device(1)


class Station:
    """A machine with a configuration and a state directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state = directory / "state"
        self.processes: list[Process] = []

    def configure(self, host: str = "host-a", **agent: str) -> list[str]:
        """Arguments of an agent of that name."""
        config = self.directory / "agent.conf"
        options = "".join(f"{name} = {value}\n" for name, value in agent.items())
        config.write_text(
            f"[DEFAULT]\ntransport_url = fake://\nhost = {host}\nstate_path = {self.state}\n"
            f"[agent]\nenabled_drivers =\n{options}"
        )
        return ["--config-file", str(config)]

    def start(self, *flags: str, host: str = "host-a", **agent: str) -> Process:
        """An agent that takes calls."""
        output = self.directory / f"output-{len(self.processes)}"
        process = Process("cyborg-rr-agent", [*self.configure(host, **agent), *flags], output)
        self.processes.append(process)
        process.wait_for("takes calls")
        return process

    def refuse(self, *flags: str, host: str = "host-a", **agent: str) -> tuple[int, str]:
        """Status and the one line of an agent that does not start."""
        ended = run_script("cyborg-rr-agent", *self.configure(host, **agent), *flags)
        (line,) = ended.stderr.splitlines()
        return ended.returncode, line

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Ask the ledger's file."""
        connection = sqlite3.connect(self.state / "agent-ledger.sqlite")
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    """A machine on which nothing runs yet.

    No conductor answers, for which an agent that is asked to end waits until its report is over;
    what it keeps must survive its death anyway.
    """
    station = Station(tmp_path)
    yield station
    for process in station.processes:
        process.kill()


def test_a_second_agent_on_the_directory_is_refused_until_the_first_has_died(
    station: Station,
) -> None:
    first = station.start()
    status, line = station.refuse()
    assert status == 1
    assert line.startswith("cyborg-rr-agent: cannot start: option [DEFAULT] state_path: ")
    assert line.endswith("another agent runs on this directory")
    first.kill()
    station.start()


def test_an_agent_on_a_copy_of_a_ledger_is_refused_until_the_other_has_died(
    station: Station, tmp_path: Path
) -> None:
    first = station.start()
    other = Station(tmp_path / "other")
    shutil.copytree(station.state, other.state)
    status, line = other.refuse()
    assert status == 1
    assert line.startswith(
        f"cyborg-rr-agent: cannot start: option [DEFAULT] state_path: {tmp_path}"
    )
    assert "another agent runs on a copy of this ledger, as host " in line
    first.kill()
    other.start().kill()


def test_a_copied_directory_is_refused_until_it_is_adopted(station: Station) -> None:
    station.start().kill()
    parts = json.dumps({"machine-id": "of another machine"})
    connection = sqlite3.connect(station.state / "agent-ledger.sqlite")
    connection.execute("UPDATE hosts SET machine_parts = ?", (parts,))
    connection.commit()
    connection.close()
    status, line = station.refuse()
    assert status == 2
    assert "copied from another machine (its machine-id differ)" in line
    assert "--adopt-ledger" in line
    station.start("--adopt-ledger").kill()
    station.start()


def test_a_renamed_host_with_claims_is_refused_until_they_are_adopted(station: Station) -> None:
    station.state.mkdir()
    path = station.state / "agent-ledger.sqlite"
    write_first_release(path, {"host-a": [make_old_claim(DEVICE, "a")]})
    station.start().kill()
    ids = station.query("SELECT id FROM hosts")
    status, line = station.refuse(host="host-b")
    assert status == 2
    assert "1 claim of host host-a, but this host is called host-b" in line
    station.start(host="host-b", adopt_ledger="true").kill()
    assert station.query("SELECT id FROM hosts") == ids
    ledger = Ledger(path)
    assert [claim.binding_id for claim in ledger.list_claims("host-b")] == ["a"]
    ledger.close()


def test_a_host_without_claims_is_renamed_without_a_word(station: Station) -> None:
    station.start().kill()
    ids = station.query("SELECT id FROM hosts")
    station.start(host="host-b").kill()
    assert station.query("SELECT id FROM hosts") == ids


@pytest.mark.parametrize("content", [b"", b"x" * 5000, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_ledger_that_is_none_is_refused_in_one_line(station: Station, content: bytes) -> None:
    station.state.mkdir()
    (station.state / "agent-ledger.sqlite").write_bytes(content)
    if not content:
        station.start()  # a file that somebody made for it
        return
    status, line = station.refuse()
    assert status == 1
    assert "option [DEFAULT] state_path" in line
    assert "not a database" in line or "malformed" in line


def test_an_address_that_is_none_is_a_mistake_that_names_its_option(station: Station) -> None:
    status, line = station.refuse(offer_in_use="0000:3b:00.0,3b:zz")
    assert status == 2
    assert "option [agent] offer_in_use" in line

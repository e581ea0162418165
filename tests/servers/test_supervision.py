"""A private server ends with its test run, and a missing one is a visible skip or a failure."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.servers import fixtures, supervise
from tests.servers.server import (
    REQUIRE_SERVERS,
    RUN_DIRECTORY,
    Place,
    Program,
    ServerFailed,
    ServerMissing,
    address_of,
    close_run,
    find_program,
    open_run,
)

_WRITES_ITS_PID = "echo $$ > pid; exec sleep 1000"


class _Absent:
    """A server that no machine has."""

    name = "absent"
    refuses_root = True

    def find(self) -> None:
        find_program("no-such-server-anywhere")

    def prepare(self, place: Place) -> tuple[dict[str, str], list[Program]]:
        raise AssertionError("never reached")

    def check(self, address: Mapping[str, str]) -> None:
        raise AssertionError("never reached")


class _Broken:
    """A server that says why it does not start, and ends."""

    name = "broken"
    refuses_root = True

    def find(self) -> None:
        find_program("sh")

    def prepare(self, place: Place) -> tuple[dict[str, str], list[Program]]:
        return {}, [Program("broken", [find_program("sh"), "-c", "echo disk is full; exit 1"])]

    def check(self, address: Mapping[str, str]) -> None:
        raise ConnectionRefusedError


def _wait_until(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_so()


def _is_running(pid: int) -> bool:
    """A zombie that nobody has collected yet does not run any more."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _supervised(owner: int, directory: Path) -> tuple["subprocess.Popen[bytes]", int]:
    directory.mkdir()
    command = [sys.executable, supervise.__file__, f"--owner={owner}", f"--directory={directory}"]
    command += [f"--log={directory}.log", "--", "sh", "-c", _WRITES_ITS_PID]
    supervisor = subprocess.Popen(command, start_new_session=True)
    pid = directory / "pid"
    assert _wait_until(lambda: pid.exists() and pid.read_text().endswith("\n"))
    return supervisor, int(pid.read_text())


def test_a_server_ends_when_its_test_run_is_killed(tmp_path: Path) -> None:
    owner = subprocess.Popen(["sleep", "1000"])
    run = tmp_path / "run"
    run.mkdir()
    supervisor, server = _supervised(owner.pid, run / "place")
    assert _is_running(server)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert supervisor.wait(timeout=10) == 0
    assert _wait_until(lambda: not _is_running(server))
    assert not run.exists()


def test_a_server_outlives_the_interrupt_and_ends_on_request(tmp_path: Path) -> None:
    supervisor, server = _supervised(os.getpid(), tmp_path / "place")
    supervisor.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert _is_running(server)
    supervisor.terminate()
    assert supervisor.wait(timeout=10) == 0
    assert _wait_until(lambda: not _is_running(server))
    assert not (tmp_path / "place").exists()


def test_a_missing_server_is_a_skip_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REQUIRE_SERVERS, raising=False)
    with pytest.raises(pytest.skip.Exception, match="'no-such-server-anywhere' is not installed"):
        fixtures.address_or_skip(_Absent())


def test_a_missing_server_is_a_failure_where_servers_are_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(REQUIRE_SERVERS, "1")
    with pytest.raises(pytest.fail.Exception, match="'no-such-server-anywhere' is not installed"):
        fixtures.address_or_skip(_Absent())


def test_a_server_that_does_not_start_tells_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUN_DIRECTORY, "")
    run = open_run()
    try:
        with pytest.raises(ServerFailed, match="disk is full"):
            address_of(_Broken())
        with pytest.raises(ServerFailed, match="disk is full"):
            address_of(_Broken())
    finally:
        close_run(run)
    assert not run.exists()


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(ServerMissing, match="no-such-program"):
        find_program("no-such-program")

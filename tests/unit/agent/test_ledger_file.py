"""The ledger's file: upgraded in place from the first release, refused when it is none."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cyborg_rr.agent.cleaning.unclean_log import UncleanLog
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.ledger.faults import LedgerFailed, LedgerUnreadable
from cyborg_rr.agent.ledger.hosts import RealHost
from cyborg_rr.domain.errors import AgentUnavailable, HandleInUse
from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.domain.hardware.health import Watch
from tests.unit.agent.builders import (
    FIRST_RELEASE,
    HOST,
    make_claim,
    make_device,
    make_old_claim,
    write_first_release,
)

NOBODY = 65534
DEVICES = [make_device(bus) for bus in range(4)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger is."""
    return tmp_path / "state" / "agent-ledger.sqlite"


def dump(path: Path) -> list[str]:
    """All that the file says, so that two can be compared."""
    connection = sqlite3.connect(path)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def test_claims_of_the_first_release_are_kept_and_their_hosts_get_ids(path: Path) -> None:
    path.parent.mkdir()
    claims = [make_old_claim(device, str(n)) for n, device in enumerate(DEVICES)]
    write_first_release(path, {HOST: claims[:2], "simulated": claims[2:]})
    ledger = Ledger(path)
    assert ledger.list_claims(HOST) == claims[:2]
    assert ledger.list_claims("simulated") == claims[2:]
    assert ledger.identify(HOST).id != ledger.identify("simulated").id
    with pytest.raises(HandleInUse, match="arq-of-0"):
        ledger.claim(HOST, [make_claim(DEVICES[0], "another")])
    with pytest.raises(HandleInUse, match="released before"):
        ledger.claim(HOST, [make_claim(DEVICES[3], "over")])
    ledger.close()
    again = Ledger(path)
    assert again.list_claims(HOST) == claims[:2]
    again.close()


def test_an_upgrade_that_fails_half_way_leaves_the_file_of_the_first_release(path: Path) -> None:
    path.parent.mkdir()
    write_first_release(path, {HOST: [make_old_claim(DEVICES[0], "a")]})
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE learnt (something TEXT)")  # in the way of the last step
    connection.commit()
    connection.close()
    before = dump(path)
    with pytest.raises(sqlite3.OperationalError, match="learnt"):
        Ledger(path)
    assert dump(path) == before


def test_the_first_release_cannot_write_to_an_upgraded_ledger(path: Path) -> None:
    ledger = Ledger(path)
    ledger.claim(HOST, [make_claim(DEVICES[0], "a")])
    ledger.close()
    connection = sqlite3.connect(path)
    connection.executescript(FIRST_RELEASE)
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?)", tuple("abcdefg"))
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT 1 FROM claims WHERE host = ? AND handle = ?", ("a", "b"))
    connection.close()


def test_a_ledger_of_a_later_release_is_refused(path: Path) -> None:
    Ledger(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LedgerUnreadable, match="later release"):
        Ledger(path)


@pytest.mark.parametrize("kind", ["directory", "fifo", "device"])
def test_what_is_no_file_is_refused_and_not_waited_for(path: Path, kind: str) -> None:
    path.parent.mkdir()
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(LedgerUnreadable, match="not a file"):
        Ledger(path)


def test_a_damaged_ledger_is_refused(path: Path) -> None:
    ledger = Ledger(path)
    for number in range(40):
        ledger.claim(HOST, [make_claim(make_device(number), str(number))])
    ledger.close()
    data = bytearray(path.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page : page + 64] = b"\xa5" * 64
    path.write_bytes(data)
    with pytest.raises((LedgerUnreadable, sqlite3.DatabaseError), match=r"damaged|malformed"):
        Ledger(path)


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE claims SET handle_info = '{'", "claims"),
        ("UPDATE claims SET handle_info = '[]'", "claims"),
        ("""UPDATE claims SET handle_info = '{"bus": 1}'""", "claims"),
        ("""UPDATE claims SET consumes = '{"functions": "all"}'""", "claims"),
        ("UPDATE claims SET handle_info = x'ff'", "claims"),
        ("UPDATE claims SET unit = 5, holder = x'00'", "claims"),
        ("DELETE FROM hosts", "(?:claims|health|learnt|unclean)"),
        ("UPDATE unclean SET claim = '{'", "unclean"),
        ("UPDATE unclean SET state = 'dirty or so'", "unclean"),
        ("UPDATE learnt SET facts = '{'", "learnt"),
        ("UPDATE learnt SET facts = '5'", "learnt"),
        ("UPDATE health SET trouble_text = x'00'", "health"),
        ("UPDATE health SET looks = 'two'", "health"),
        ("UPDATE hosts SET machine_parts = '{'", "hosts"),
        ("UPDATE hosts SET machine_parts = '[]'", "hosts"),
    ],
)
def test_a_ledger_of_rows_that_mean_nothing_is_refused(
    statement: str, table: str, path: Path
) -> None:
    ledger = Ledger(path)
    ledger.settle(RealHost(HOST, {"machine-id": "1"}), ())
    ledger.claim(HOST, [make_claim(DEVICES[0], "a"), make_claim(DEVICES[1], "b")])
    UncleanLog(ledger).let_go(HOST, [make_claim(DEVICES[1], "b")])
    ledger.learn(HOST, {"slot": {"uuid": "GPU-1"}})
    ledger.watch(HOST, {"slot": Watch(Trouble("thermal", "it is hot"))})
    ledger.close()
    Ledger(path).close()
    connection = sqlite3.connect(path)
    assert connection.execute(statement).rowcount > 0
    connection.commit()
    connection.close()
    with pytest.raises(LedgerUnreadable, match=f"is damaged: table {table} has a row"):
        Ledger(path)


@pytest.mark.parametrize("kept", [10, 5000])
def test_a_truncated_ledger_is_refused(path: Path, kept: int) -> None:
    Ledger(path).close()
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises((LedgerUnreadable, sqlite3.DatabaseError)):
        Ledger(path)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Permissions do not hold root back."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow: writing fails as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_ledger_that_cannot_be_written_is_refused_at_the_start(path: Path) -> None:
    Ledger(path).close()
    path.chmod(0o444)
    path.parent.chmod(0o555)
    for folder in [*path.parents][1:5]:  # pytest's own, which only root may enter
        folder.chmod(folder.stat().st_mode | 0o055)
    with as_nobody(), pytest.raises(sqlite3.OperationalError, match=r"readonly|unable to open"):
        Ledger(path)
    path.parent.chmod(0o755)


def test_a_full_disk_is_noticed_at_the_start(path: Path) -> None:
    Ledger(path).close()
    with full_disk(), pytest.raises(sqlite3.OperationalError):
        Ledger(path)


def test_nothing_is_handed_out_while_the_disk_is_full_and_all_works_after(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Ledger(path)
    ledger.settle(RealHost(HOST, {}), ())
    ledger.claim(HOST, [make_claim(DEVICES[0], "a")])
    with full_disk():
        for _ in range(3):
            with pytest.raises(AgentUnavailable, match="ledger cannot be used"):
                ledger.claim(HOST, [make_claim(DEVICES[1], "b"), make_claim(DEVICES[2], "c")])
            with pytest.raises(LedgerFailed):
                ledger.release(["a"])
            assert [claim.binding_id for claim in ledger.list_claims(HOST)] == ["a"]
    ledger.claim(HOST, [make_claim(DEVICES[1], "b"), make_claim(DEVICES[2], "c")])
    ledger.release(["a"])
    ledger.close()
    again = Ledger(path)
    assert [claim.binding_id for claim in again.list_claims(HOST)] == ["b", "c"]
    again.close()
    told = [record.levelname for record in caplog.records if "ledger" in record.getMessage()]
    assert told.count("ERROR") == 1

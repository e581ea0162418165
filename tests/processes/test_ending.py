"""Each cause that ends a process has one status and one line, whichever process it is."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import pytest
from oslo_db.exception import DBConnectionError

from cyborg_rr.domain.errors import CyborgError, InvalidInput, UnreadableModel
from cyborg_rr.processes.dependencies import CAUSES, naming_dependencies
from cyborg_rr.processes.ending import ENDINGS, Unavailable, exit_on_mistake, tell_line
from cyborg_rr.rpc.transport import MessagingException
from tests.patience import without_waiting
from tests.warm.starting import run_script as run_warm

NOBODY_LISTENS = "mysql+pymysql://u:p@127.0.0.1:1/x"


def end(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    """The status that a process with that error ends with, and what it says."""

    @naming_dependencies()
    def run() -> int:
        raise error

    with pytest.raises(SystemExit) as caught:
        exit_on_mistake(run)
    return caught.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (InvalidInput("option x: is\nwrong"), 2, ": option x: is wrong\n"),
        (UnreadableModel("no model"), 2, ": no model\n"),
        (DBConnectionError("gone\naway"), 1, ": cannot start: gone away\n"),
        (MessagingException("no bus"), 1, ": cannot start: no bus\n"),
        (Unavailable("x" * 1000), 1, ": cannot start: " + "x" * 500 + "\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_a_cause_has_its_status_and_its_line(
    error: BaseException, status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = end(error, capsys)
    assert code == status
    assert said.endswith(words)
    assert len(said.splitlines()) == bool(words)


def test_a_fault_of_ours_is_not_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        exit_on_mistake(lambda: 1 // 0)
    assert capsys.readouterr().err == ""


def test_every_dependency_has_a_class_and_a_code_of_its_own() -> None:
    codes = [kind.code for kind in CAUSES.values()]
    assert len(set(codes)) == len(codes)
    assert all(issubclass(kind, Unavailable) for kind in CAUSES.values())
    assert [kind for kind, _ in ENDINGS].index(Unavailable) < [k for k, _ in ENDINGS].index(
        CyborgError
    ), "the first that fits counts"


def run_script(
    script: str, directory: Path, text: str, *action: str
) -> subprocess.CompletedProcess[str]:
    """Run a console script with that configuration to its end."""
    config = directory / "x.conf"
    config.write_text(f"[DEFAULT]\ntransport_url = fake://\n{text}")
    if script == "cyborg-rr-dbsync" and not action:
        action = ("upgrade",)
    return run_warm(script, "--config-file", config, *action)


@pytest.mark.parametrize("script", ["cyborg-rr-dbsync", "cyborg-rr-conductor", "cyborg-rr-api"])
def test_a_database_that_does_not_answer_ends_every_process_alike(
    script: str, tmp_path: Path
) -> None:
    text = f"[database]\nconnection = {NOBODY_LISTENS}\nmax_retries = 0\n"
    ended = run_script(script, tmp_path, text)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"{script}: cannot start: ")
    assert "127.0.0.1" in line


@pytest.mark.parametrize(
    ("script", "action"),
    [
        ("cyborg-rr-manage", "audit"),
        ("cyborg-rr-manage", "heal"),
        ("cyborg-rr-manage", "host list"),
        ("cyborg-rr-dbsync", "version"),
    ],
)
def test_a_command_does_not_wait_for_a_database_that_does_not_answer(
    script: str, action: str, tmp_path: Path
) -> None:
    text = f"[database]\nconnection = {NOBODY_LISTENS}\nmax_retries = -1\n"
    with without_waiting():
        ended = run_script(script, tmp_path, text, *action.split())
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"{script}: cannot start: ")


def test_a_command_whose_database_is_not_there_says_which_option_is_wrong(
    tmp_path: Path, mariadb_url: str
) -> None:
    url = mariadb_url.replace("/rr_", "/rr_no_").replace("%", "%%")
    ended = run_script(
        "cyborg-rr-manage", tmp_path, f"[database]\nconnection = {url}\n", "host", "list"
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith("cyborg-rr-manage: option [database] connection: ")
    assert "Unknown database" in line


def test_an_agent_that_cannot_keep_its_ledger_ends_like_one_without_a_database(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    ended = run_script("cyborg-rr-agent", tmp_path, f"state_path = {tmp_path / 'file' / 'below'}\n")
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("cyborg-rr-agent: cannot start: option [DEFAULT] state_path: ")


def test_a_ledger_that_is_no_ledger_is_told_on_one_line(tmp_path: Path) -> None:
    (tmp_path / "agent-ledger.sqlite").write_text("something else, and longer than a header" * 9)
    ended = run_script("cyborg-rr-agent", tmp_path, f"state_path = {tmp_path}\n")
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "not a database" in line


WAITING = """
import signal, threading, time
from cyborg_rr.processes.signals import wait_for_end

def send():
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

threading.Thread(target=send).start()
wait_for_end()
print("ended")
"""


def test_a_signal_that_another_thread_receives_ends_a_service_too() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WAITING], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (0, "ended\n")


@pytest.mark.parametrize("script", ["cyborg-rr-dbsync", "cyborg-rr-conductor", "cyborg-rr-api"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[agent]\nreport_interval = soon\n", "group [agent]: Value for option report_interval"),
        ("[database]\nmax_pool_size = many\n", "Value for option max_pool_size"),
    ],
    ids=["ours", "a library's"],
)
def test_a_value_that_is_none_is_told_with_its_option_and_its_file(
    script: str, text: str, place: str, tmp_path: Path
) -> None:
    if "max_pool_size" in text:
        text += f"connection = {NOBODY_LISTENS}\n"  # SQLite has no pool
    ended = run_script(script, tmp_path, text)
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    start = f"{script}: configuration: {place} from {tmp_path / 'x.conf'} is not valid: "
    assert line.startswith(start)


def test_an_error_is_folded_for_a_terminal_and_one_line_for_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "60")
    line = "cyborg-rr: model.onnx: " + " ".join(["the file ends in the middle of a tensor"] * 4)
    shown = {}
    for stream in (Terminal(), io.StringIO()):
        with contextlib.redirect_stderr(stream):
            tell_line(line)
        shown[stream.isatty()] = stream.getvalue().splitlines()
    assert max(map(len, shown[True])) <= 60
    assert shown[True][1].startswith("  ")
    assert " ".join(map(str.strip, shown[True])) == line
    assert shown[False] == [line]

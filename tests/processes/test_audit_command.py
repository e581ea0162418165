"""cyborg-rr-manage audit and heal, run as an operator runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyborg_rr.cmd.manage import run
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from tests.auditing.world import World
from tests.migrated import lay_out
from tests.processes.test_mistakes import run_script


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A service; its configuration is beside it."""
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    database = Database(make_config([], files=[], database__connection=url).database)
    lay_out(database)
    (tmp_path / "x.conf").write_text(
        f"[DEFAULT]\ntransport_url = fake://\n[database]\nconnection = {url}\n"
        "[conductor]\nagent_timeout = 1\n"
    )
    yield World(database, tmp_path)
    database.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Its configuration."""
    return tmp_path / "x.conf"


def test_a_sound_service_ends_with_status_0(world: World, config: Path) -> None:
    for command in ("audit", "heal"):
        ended = run_script("cyborg-rr-manage", config, command)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "0 found\n", "")


def test_findings_are_a_table_that_fits_a_terminal(
    world: World, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quarantined = world.break_quarantined()
    withheld = world.break_provider_withheld()
    world.change_host(lost_at=None, refused_at=None)
    world.change_handle(quarantined, reason="it hung\x1b[2J " + "very " * 60 + "x" * 200)
    assert run(["--config-file", str(config), "audit"]) == 1
    printed = capsys.readouterr().out
    assert f"{quarantined} on host" in printed, "where to look"
    assert withheld in printed
    assert "\x1b" not in printed
    assert "heal does: nothing" in printed
    assert max(map(len, printed.splitlines())) <= 80
    assert printed.endswith("\n2 found\n")


def test_findings_are_json_for_programs(
    world: World, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arq = world.break_bind_late()
    assert run(["--config-file", str(config), "audit", "-f", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found.pop("since").endswith("Z")
    assert 7200 <= found.pop("age_seconds") < 7300
    assert found == {
        "code": "bind_late",
        "noun": "accelerator request",
        "key": arq,
        "host": "host-1",
        "what": "being bound for too long",
        "why": "conductor c1 has not finished it within 60 s",
        "act": "undo the bind and release what it holds",
        "advice": "what finishes it by now is left alone",
    }


def test_healing_says_what_it_did_and_does_it_once(
    world: World, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arq = world.break_bind_late()
    call = ["--config-file", str(config), "heal", "-f", "json"]
    assert run([*call, "--dry-run"]) == 1
    (foreseen,) = json.loads(capsys.readouterr().out)
    assert foreseen["done"].startswith("would undo the bind")
    assert world.get(arq).state == "BindStarted"
    assert run(call) == 0
    (done,) = json.loads(capsys.readouterr().out)
    assert (done["key"], done["mended"]) == (arq, True)
    assert world.get(arq).state == "Unbound"
    assert run(call) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_host_that_nobody_reaches_keeps_its_handle_and_is_told_of(
    world: World, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handle = world.break_release_late()
    assert run(["--config-file", str(config), "heal"]) == 1
    printed = " ".join(capsys.readouterr().out.replace("|", " ").split())
    assert "heal: tried to ask its host again, and it is still so" in printed
    assert world.state_of(handle) == "releasing"


def test_only_the_chosen_kinds_are_found_and_mended(
    world: World, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.break_provider_withheld()
    arq = world.break_bind_late()
    call = ["--config-file", str(config)]
    assert run([*call, "audit", "--only", "host_lost", "-f", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert run([*call, "heal", "--only", "host_lost", "--only", "event_late"]) == 0
    assert world.get(arq).state == "BindStarted"
    assert run([*call, "heal", "--only", "bind_late"]) == 0
    assert world.get(arq).state == "Unbound"


def test_patience_says_from_when_on_a_release_is_a_finding(world: World, config: Path) -> None:
    world.break_release_late()
    call = ["--config-file", str(config), "audit", "--patience"]
    assert run([*call, "8000"]) == 0
    assert run([*call, "600"]) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("audit", "--only", "nonsense"), "argument --only: invalid"),
        (("audit", "--patience", "-1"), "argument --patience: must be a number of seconds"),
        (("audit", "--patience", "soon"), "argument --patience: invalid"),
        (("audit", "--patience", "9" * 40), "argument --patience: must be a number of seconds"),
        (("audit", "-f", "xml"), "argument -f/--format: invalid choice: 'xml'"),
        (("audit", "--dry-run"), "unrecognized arguments: --dry-run"),
    ],
)
def test_a_mistake_is_one_line(config: Path, arguments: tuple[str, ...], words: str) -> None:
    config.write_text("")
    ended = run_script("cyborg-rr-manage", config, *arguments)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["audit", "heal"])
def test_the_help_fits_a_terminal_and_names_every_kind(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        run([command, "--help"])
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert "quarantined" in printed
    assert "bind_late" in printed

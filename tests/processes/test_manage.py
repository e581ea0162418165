"""cyborg-rr-manage, run as an operator runs it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.cmd.manage import run
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import standing
from cyborg_rr.domain.errors import CyborgError, HostRefused, InvalidInput, NotFound
from cyborg_rr.domain.hardware.hosts import HostIdentity
from tests.builders import hash_of, make_snapshot
from tests.migrated import lay_out
from tests.processes.test_mistakes import run_script
from tests.shipped import load

OLD = HostIdentity("6e9f0c1a-0000-4000-8000-000000000001", "m1", "node-1", "run-1")
UNSEEN = "6e9f0c1a-0000-4000-8000-000000000003"
NEW = HostIdentity("6e9f0c1a-0000-4000-8000-000000000002", "m1", "node-1\x1b[2J", "run-2")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration of a service with one host, whose reinstalled machine was refused."""
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    database = Database(make_config([], files=[], database__connection=url).database)
    lay_out(database)
    snapshot = make_snapshot("host-1", 2)
    reporter = Reporter(database, load(), (), release_grace_seconds=0)
    reporter.report("agent", snapshot, hash_of(snapshot), None, OLD)
    with pytest.raises(HostRefused):
        reporter.report("agent", snapshot, hash_of(snapshot), None, NEW)
    database.close()
    path = tmp_path / "x.conf"
    path.write_text(f"[database]\nconnection = {url}\n")
    return path


@pytest.fixture
def manage(config: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """The command with that configuration; what it prints."""

    def call(*arguments: str) -> str:
        assert run(["--config-file", str(config), "host", *arguments]) == 0
        return capsys.readouterr().out

    return call


def test_hosts_are_listed_and_shown_with_what_was_refused(manage: Callable[..., str]) -> None:
    listed = manage("list")
    assert OLD.id in listed
    assert "host-1" in listed
    shown = manage("show", "host-1")
    assert NEW.id in shown
    assert "devices   2" in shown


def test_the_list_names_each_trouble_and_fits_a_terminal(
    manage: Callable[..., str], config: Path
) -> None:
    assert "| refused |" in manage("list")
    manage("adopt", "host-1")
    assert "| -  " in manage("list")
    database = Database(make_config([], files=[str(config)]).database)
    with database.writing() as session:
        standing.mark_lost(session, ["host-1"], "not heard")
    database.close()
    listed = manage("list")
    assert "| lost  " in listed
    assert max(map(len, listed.splitlines())) <= 80
    assert re.search("^lost .* UTC: not heard$", manage("show", "host-1"), re.MULTILINE)


def test_what_a_host_says_cannot_write_to_the_terminal(manage: Callable[..., str]) -> None:
    assert "\x1b" not in manage("list") + manage("show", "host-1")
    assert r"node-1\x1b[2J" in manage("show", "host-1")


def test_a_reinstalled_machine_is_adopted_by_its_new_id(manage: Callable[..., str]) -> None:
    told = manage("adopt", "host-1", "--id", NEW.id.upper())
    assert told == f"host host-1 is the machine with id {NEW.id} from its next report on\n"
    assert NEW.id in manage("list")
    assert "refused" not in manage("show", "host-1")


def test_without_an_id_the_machine_that_was_refused_last_is_adopted(
    manage: Callable[..., str],
) -> None:
    assert NEW.id in manage("adopt", "host-1")
    with pytest.raises(InvalidInput, match="nobody was refused in the name of host host-1"):
        manage("adopt", "host-1")


def test_the_machine_that_the_host_is_can_be_adopted_again(manage: Callable[..., str]) -> None:
    assert OLD.id in manage("adopt", "host-1", "--id", OLD.id)


def test_an_id_that_nobody_has_shown_is_adopted_when_it_is_meant(
    manage: Callable[..., str],
) -> None:
    assert UNSEEN in manage("adopt", "host-1", "--id", UNSEEN, "--unseen")
    assert UNSEEN in manage("list")


def test_a_host_is_removed(manage: Callable[..., str]) -> None:
    assert manage("remove", "host-1") == "host host-1 is forgotten\n"
    assert "host-1" not in manage("list")


def test_a_machine_that_never_comes_back_is_removed(manage: Callable[..., str]) -> None:
    assert manage("remove", "host-1", "--gone") == "host host-1 is forgotten\n"
    assert "host-1" not in manage("list")


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (("show", "nowhere"), NotFound, "host nowhere could not be found"),
        (("remove", "nowhere"), NotFound, "host nowhere could not be found"),
        (("adopt", "nowhere", "--id", NEW.id), NotFound, "host nowhere could not be found"),
        (("adopt", "nowhere"), NotFound, "host nowhere could not be found"),
        (("adopt", "host-1", "--id", "x"), InvalidInput, "--id 'x' is not a host id"),
        (("adopt", "host-1", "--id", UNSEEN), InvalidInput, f"{NEW.id} was refused last.*--unseen"),
    ],
)
def test_a_mistake_is_told_in_words(
    manage: Callable[..., str], arguments: tuple[str, ...], kind: type[CyborgError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        manage(*arguments)


@pytest.mark.parametrize(
    ("script", "arguments", "words"),
    [
        (
            "cyborg-rr-manage",
            ("host",),
            "manage host: the following arguments are required: ACTION",
        ),
        ("cyborg-rr-manage", ("host", "shw"), "argument ACTION: invalid choice: 'shw'"),
        ("cyborg-rr-manage", ("host", "adopt"), "arguments are required: name"),
        ("cyborg-rr-dbsync", ("upgrad",), "argument action: invalid choice: 'upgrad'"),
    ],
)
def test_wrong_arguments_are_one_line_that_shows_the_way(
    config: Path, script: str, arguments: tuple[str, ...], words: str
) -> None:
    ended = run_script(script, config, *arguments)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert ended.stderr.endswith("(--help shows more)\n")
    assert len(ended.stderr.splitlines()) == 1


def test_the_help_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["--help"])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_a_refusal_gives_the_command_that_adopts(manage: Callable[..., str]) -> None:
    command = f"cyborg-rr-manage host adopt host-1 --id {NEW.id}"
    assert command in manage("show", "host-1")


def test_a_mistake_is_one_line_on_the_command_line(config: Path) -> None:
    ended = run_script("cyborg-rr-manage", config, "host", "remove", "nowhere")
    assert ended.returncode == 2
    assert ended.stderr == "cyborg-rr-manage: host nowhere could not be found\n"

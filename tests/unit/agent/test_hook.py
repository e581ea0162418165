"""The operator's hook: what it is told, how long it may take, what its output may be."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cyborg_rr.agent.cleaning.hook import run_hook
from cyborg_rr.agent.cleaning.settings import parse_hook
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.drivers.driver import CleanFailed
from tests.patience import without_waiting

Script = Callable[[str], str]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Make an executable of a shell script; its path."""

    def make(text: str) -> str:
        path = tmp_path / "hook"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return make


def test_a_hook_is_told_the_facts_and_nothing_of_our_environment(
    script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_PASSWORD", "secret")
    hook = script(f"env > {tmp_path}/seen; pwd >> {tmp_path}/seen")
    run_hook([hook], {"CYBORG_RR_HOST": "compute-1; rm -rf /"}, 10)
    seen = (tmp_path / "seen").read_text().splitlines()
    assert "CYBORG_RR_HOST=compute-1; rm -rf /" in seen
    assert not any("OS_PASSWORD" in line for line in seen)
    assert seen[-1] == "/"
    assert {line.split("=")[0] for line in seen[:-1]} <= {
        "CYBORG_RR_HOST",
        "CYBORG_RR_CLEAN",
        "PATH",
        "LANG",
        "PWD",
        "SHLVL",
        "_",
        "OLDPWD",
    }


def test_arguments_are_passed_without_a_shell(script: Script, tmp_path: Path) -> None:
    program = script(f'echo "$1" > {tmp_path}/seen')
    run_hook(parse_hook(f"{program} '$(id) * ;'"), {}, 10)
    assert (tmp_path / "seen").read_text() == "$(id) * ;\n"


def test_a_hook_that_fails_says_why_in_one_safe_line(script: Script) -> None:
    hook = script(r"printf '\033[31mno\nway\377\n' >&2; exit 3")
    with pytest.raises(CleanFailed, match="ended with status 3") as raised:
        run_hook([hook], {}, 10)
    assert raised.value.cause == "hook_failed"
    text = str(raised.value)
    assert "way" in text
    assert text.isprintable()


def test_a_hook_that_is_killed_has_failed(script: Script) -> None:
    with pytest.raises(CleanFailed, match="signal 9"):
        run_hook([script("kill -9 $$")], {}, 10)


def test_a_hook_that_hangs_is_killed_with_all_it_has_started(
    script: Script, tmp_path: Path
) -> None:
    hook = script(f"sleep 1000 & echo $! > {tmp_path}/child; wait")
    with without_waiting(), pytest.raises(CleanFailed) as raised:
        run_hook([hook], {}, 0.5)
    assert raised.value.cause == "hook_timed_out"
    assert_ended(int((tmp_path / "child").read_text()))


def assert_ended(process: int) -> None:
    """A process that was killed is soon gone, or a zombie that its new parent has not reaped."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(f"{process} still runs")


def test_what_a_hook_leaves_behind_neither_delays_nor_outlives_it(
    script: Script, tmp_path: Path
) -> None:
    hook = script(f"sleep 1000 & echo $! > {tmp_path}/child; exit 0")
    run_hook([hook], {}, 60)
    assert_ended(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize(("rest", "seconds"), [("exit 0", 60), ("sleep 1000", 2)])
def test_a_daemon_that_a_hook_made_does_not_outlive_it(
    rest: str, seconds: float, script: Script, tmp_path: Path
) -> None:
    child = tmp_path / "child"
    daemon = f"setsid sh -c 'echo $$ > {child}; sleep 1000; sleep 1000'"
    hook = script(f"{daemon} & while [ ! -s {child} ]; do sleep 0.05; done; {rest}")
    with suppress(CleanFailed):
        run_hook([hook], {}, seconds)
    assert_ended(int(child.read_text()))


def test_a_hook_that_closes_its_output_is_waited_for(script: Script, tmp_path: Path) -> None:
    run_hook([script(f"exec >&- 2>&-; sleep 0.3; touch {tmp_path}/done")], {}, 30)
    assert (tmp_path / "done").exists()


def test_a_flood_of_output_is_read_and_only_its_end_is_kept(script: Script) -> None:
    hook = script("head -c 20000000 /dev/zero | tr '\\0' x; echo; echo the end; exit 1")
    with pytest.raises(CleanFailed, match="the end") as raised:
        run_hook([hook], {}, 60)
    assert len(str(raised.value)) < 500


def test_a_flood_without_end_is_ended_by_the_time_limit(script: Script) -> None:
    with pytest.raises(CleanFailed, match="did not end within"):
        run_hook([script("exec yes")], {}, 0.5)


def test_a_hook_that_has_gone_is_no_clean(tmp_path: Path) -> None:
    with pytest.raises(CleanFailed) as raised:
        run_hook([str(tmp_path / "none")], {}, 10)
    assert raised.value.cause == "hook_unusable"


@pytest.mark.parametrize("text", ["clean.sh", "./clean.sh", "/no/such/program", "'", "/etc/passwd"])
def test_a_hook_that_cannot_be_run_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"option \[cleaning\] hook"):
        parse_hook(text)


def test_no_hook_is_no_hook() -> None:
    assert parse_hook(None) == ()
    assert parse_hook("") == ()
    assert os.path.isabs(parse_hook("/bin/true")[0])

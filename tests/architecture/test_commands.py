"""The commands that people are told are the commands that machines run."""

import configparser
import re
import subprocess

from tests.architecture.tree import ROOT
from tests.run import list_checks

_README = (ROOT / "README.rst").read_text()


def _command_of_readme(name: str) -> str:
    block = re.search(rf"^\.\. {name} begins$(.*?)^\.\. {name} ends$", _README, re.M | re.S)
    assert block is not None, f"README.rst has no {name}"
    lines = [line for line in block[1].splitlines() if line.startswith("   ")]
    assert len(lines) == 1, "a command is one line"
    return lines[0].strip()


def test_continuous_integration_runs_the_test_command_of_the_readme() -> None:
    script = str(ROOT / ".ci" / "run")
    done = subprocess.run([script, "--print-command"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == _command_of_readme("test command")


def test_the_test_command_installs_the_test_extras_and_runs_every_check() -> None:
    make, install, run = _command_of_readme("test command").split(" && ")
    assert make == "python3 -m venv .venv"
    assert install == ".venv/bin/pip install -e '.[test,docs]'"
    assert run == ".venv/bin/python -m tests.run"


def test_the_main_command_installs_the_project_and_shows_the_demo() -> None:
    make, install, run = _command_of_readme("main command").split(" && ")
    assert make == "python3 -m venv .venv"
    assert install == ".venv/bin/pip install ."
    assert run == ".venv/bin/cyborg-rr demo"


def test_tox_runs_what_the_test_command_runs() -> None:
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini")
    assert tox["testenv"]["extras"].split() == ["test", "docs"]
    for environment in ("testenv", "testenv:lint", "testenv:docs"):
        assert tox[environment]["commands"].startswith("python -m tests.run")


def test_every_linter_is_among_the_checks() -> None:
    names = {check.name for check in list_checks(ROOT)}
    assert names == {"ruff check", "ruff format", "mypy", "lint-imports", "reno lint", "docs"}


def test_continuous_integration_is_a_clean_shell_script(shellcheck: str) -> None:
    subprocess.run([shellcheck, str(ROOT / ".ci" / "run")], check=True)

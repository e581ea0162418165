"""Runs every check of the project: linters, types, layers, release notes, docs, then the tests.

``python -m tests.run`` is what README.rst, tox and continuous integration call. Arguments after
``--`` go to pytest. The exit status is 0 only when every check passed.
"""

import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_PROGRAMS = Path(sys.executable).parent

_MEMORY = Path("/dev/shm")
_NEEDED_BYTES = 4 << 30
"""Room for the databases of all servers at once, many times what they were seen to take."""


@dataclass(frozen=True)
class Check:
    """One command whose exit status 0 means that the tree is fine."""

    name: str
    group: str
    command: Sequence[str]
    needs_git: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a check said and how long it took; a skipped one has the reason as its output."""

    check: Check
    status: int | None
    output: str
    seconds: float


def list_checks(scratch: Path) -> list[Check]:
    """All checks but the tests; what they write goes to the scratch directory."""
    python = sys.executable
    sphinx = [python, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    sphinx += ["-d", str(scratch / "doctrees"), "doc/source", str(scratch / "html")]
    return [
        Check("mypy", "lint", [python, "-m", "mypy"]),
        Check("docs", "docs", sphinx),
        Check("ruff check", "lint", [python, "-m", "ruff", "check", "."]),
        Check("ruff format", "lint", [python, "-m", "ruff", "format", "--check", "."]),
        Check("lint-imports", "lint", [str(_PROGRAMS / "lint-imports")]),
        Check("reno lint", "docs", [str(_PROGRAMS / "reno"), "-q", "lint", "."], needs_git=True),
    ]


def run_check(check: Check) -> Outcome:
    """Run one check and keep its output."""
    if check.needs_git and (shutil.which("git") is None or not (ROOT / ".git").exists()):
        return Outcome(check, None, "it reads git's history, and this is no git checkout", 0.0)
    started = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return Outcome(check, done.returncode, done.stdout, time.monotonic() - started)


def run_checks(checks: Sequence[Check]) -> list[str]:
    """Run the checks two at a time, print each as it ends, return the names of the failed."""
    failed = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run_check, c) for c in checks]):
            outcome = future.result()
            if outcome.status is None:
                print(f"{outcome.check.name}: skipped: {outcome.output}", flush=True)
            elif outcome.status == 0:
                print(f"{outcome.check.name}: ok ({outcome.seconds:.1f} s)", flush=True)
            else:
                failed.append(outcome.check.name)
                print(outcome.output.rstrip())
                print(f"{outcome.check.name}: FAILED, exit status {outcome.status}", flush=True)
    return failed


def run_tests(arguments: Sequence[str]) -> int:
    """Run pytest on two workers more than this process may use cores; its summary ends the output.

    Tests of processes and buses wait more than they compute, and begin first; whoever has run out
    of tests takes over half of another's. What they leave is kept when one failed. Bytecode is
    written: the workers and the processes that tests start would compile the same modules.
    """
    workers = len(os.sched_getaffinity(0)) + 2
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), "--dist", "worksteal"]
    scratch = Path(tempfile.mkdtemp(prefix="rr-", dir=find_scratch()))
    scratch.chmod(0o711)  # the servers' user has to reach its own directories below
    environment = {**os.environ, "TMPDIR": str(scratch)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        print(f"what the tests left is kept in {scratch}", file=sys.stderr)
    else:
        shutil.rmtree(scratch, ignore_errors=True)
    return done.returncode


def find_scratch() -> str | None:
    """Memory for what tests write where there is enough, else None for the usual place.

    The servers wait for their disk most of the time, MariaDB two seconds for each database. Whoever
    sets TMPDIR has chosen a place.
    """
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _NEEDED_BYTES
    return str(_MEMORY) if has_room and "TMPDIR" not in os.environ else None


def main(arguments: Sequence[str]) -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.run", description=__doc__)
    parser.add_argument("--only", choices=["lint", "docs", "tests"], help="run one group only")
    parser.add_argument("pytest_arguments", nargs="*", help="after --: passed to pytest")
    options = parser.parse_args(arguments)
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="cyborg_rr-docs-") as scratch:
        checks = [c for c in list_checks(Path(scratch)) if options.only in (None, c.group)]
        failed += run_checks(checks)
    if options.only in (None, "tests") and run_tests(options.pytest_arguments):
        failed.append("pytest")
    if failed:
        print(f"FAILED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

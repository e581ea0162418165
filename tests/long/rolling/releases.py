"""The two releases, each with a Python environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]

FIRST = "fb0174e"
"""The commit of release 0.0.1."""


class Missing(Exception):
    """The first release cannot be had here."""


@dataclass(frozen=True, slots=True)
class Release:
    """Where the console scripts of a release are."""

    name: str
    scripts: Path


def find_this() -> Release:
    """The release that runs these tests."""
    return Release("this", Path(sys.executable).parent)


def build_first(directory: Path) -> Release:
    """Install the first release from the history, below a directory; ``Missing`` without it."""
    sources, environment = directory / "sources", directory / "environment"
    sources.mkdir(parents=True)
    archive = sources.with_suffix(".tar")
    _run(["git", "-C", str(ROOT), "archive", f"--output={archive}", FIRST])
    _run(["tar", "-x", "-f", str(archive), "-C", str(sources)])
    venv.create(environment, with_pip=True)
    _run(
        [str(environment / "bin" / "pip"), "install", "-q", f"{sources}[mysql,postgresql]"],
        PBR_VERSION="0.0.1",
    )
    return Release("0.0.1", environment / "bin")


def _run(command: list[str], **environment: str) -> None:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise Missing(f"the program {command[0]} is not here") from error
    if done.returncode:
        raise Missing(f"commit {FIRST} cannot be installed: {done.stdout[-2000:].strip()}")

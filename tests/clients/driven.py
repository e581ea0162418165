"""A client in a process of its own, that does one thing after another as tests say.

Clients bring global state of their libraries with them, and take a second to import: so each gets a
process, and keeps it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).parent / "programs"


class Driven:
    """Asks a program of ``programs``: one line of JSON there, one back."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, question: Any) -> Any:
        """The program's answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline() or '"the program ended"')


@contextmanager
def driving(
    program: str, *arguments: str, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Driven]:
    """Run a program until the block ends; what it says to people goes into the log."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    with (
        log.open("ab") as errors,
        subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", str(PROGRAMS / program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**kept, "NO_PROXY": "*", "XDG_CACHE_HOME": str(log.parent), **(environment or {})},
        ) as process,
    ):
        yield Driven(process)  # the end of its input ends it

"""Races for handles, many times: ``python -m tests.long.races``.

In each round all threads bind through the REST API at once for the handles of one device: exactly
as many must win as there are handles, all others must be told that none is free. Then as many
threads as there are handles bind and unbind for a while, and none of them may be refused. The exit
status is 0 when on SQLite, MariaDB and PostgreSQL no handle was held twice, none was left over, no
bind was refused falsely, and no answer was any other.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.servers.mariadb import MariaDb
from tests.servers.postgresql import PostgreSql
from tests.servers.server import ServerMissing, address_of, close_run, open_run
from tests.services.races import Races, Tally

DATABASES = ("sqlite", "mariadb", "postgresql")
TOLD_EACH = 10


def main(arguments: Sequence[str]) -> int:
    """Play so many rounds of so many threads on each database."""
    parser = argparse.ArgumentParser(prog="python -m tests.long.races", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="on each database (default: 100)")
    parser.add_argument("--threads", type=int, default=200, help="in each round (default: 200)")
    parser.add_argument("--handles", type=int, default=8, help="they race for (default: 8)")
    parser.add_argument("--database", choices=DATABASES, action="append", help="one of all")
    options = parser.parse_args(arguments)
    logging.disable(logging.ERROR)
    run = open_run()
    try:
        tallies = [
            _play(run / f"races-{name}", name, options) for name in options.database or DATABASES
        ]
    except ServerMissing as error:
        print(f"NOT RUN: {error}", file=sys.stderr)
        return 2
    finally:
        close_run(run)
    return 1 if any(tally.wrong for tally in tallies) else 0


def _play(directory: Path, name: str, options: argparse.Namespace) -> Tally:
    directory.mkdir()
    races = Races(directory, _make_url(directory, name), options.threads, options.handles)
    began = time.monotonic()
    try:
        for number in range(1, options.rounds + 1):
            races.play()
            if number % TOLD_EACH == 0 or number == options.rounds:
                _tell(name, races.tally, time.monotonic() - began)
    finally:
        races.close()
    for told in races.tally.told[:20]:
        print(f"  WRONG: {told}")
    return races.tally


def _tell(name: str, tally: Tally, seconds: float) -> None:
    wrong = ", ".join(f"{tally.wrong[kind]} {kind}" for kind in ("double", "leaked", "false"))
    print(
        f"{name}: {tally.rounds} rounds, {tally.calls} calls, {wrong}, {tally.wrong['failed']}"
        f" other answers, {seconds:.0f} s",
        flush=True,
    )


def _make_url(directory: Path, name: str) -> str:
    for server in (MariaDb(), PostgreSql()):
        if server.name == name:
            return server.create(address_of(server), "rr_races")
    return f"sqlite:///{directory / 'races.sqlite'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

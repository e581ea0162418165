"""Every external call fails, alone and in pairs: ``python -m tests.long.faults``.

Each scenario (a report, a bind, an unbind, ...) is played without faults first, to count its calls.
Then it is played anew with each call failing before its effect and after it, and so with each later
call failing as well. Each time the faults stop, two periods pass, and everything must agree. The
exit status is 0 when it always did, 1 when not, 2 where a server is missing.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.long.faults.campaign import BadFile, Done, Played, list_units, try_all
from tests.long.faults.gate import parse_faults
from tests.long.faults.ground import Ground, lay_ground
from tests.long.faults.playing import play
from tests.long.faults.scenarios import SCENARIOS
from tests.servers.mariadb import MariaDb
from tests.servers.placement import Placement
from tests.servers.postgresql import PostgreSql
from tests.servers.server import ServerMissing, address_of, close_run, open_run

DATABASES = {"mariadb": MariaDb, "postgresql": PostgreSql}
PROGRESS_SECONDS = 15.0
MOST_WRONG = 20
"""Runs that were wrong, after which it ends: they have a cause in common."""


def main(arguments: Sequence[str]) -> int:
    """Try all faults, or those that are named."""
    options = _parse(arguments)
    if options.only is None:
        logging.getLogger().addHandler(logging.NullHandler())  # nothing is printed of it
    directory = open_run()
    try:
        with _make_ground(directory, options) as ground:
            if options.only is not None:
                return _show(ground, options)
            return _try(ground, options)
    except (ServerMissing, BadFile) as error:
        print(f"NOT RUN: {error}", file=sys.stderr)
        return 2
    finally:
        close_run(directory)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.long.faults")
    parser.add_argument(
        "--scenario", choices=SCENARIOS, action="append", help="one of all (may be repeated)"
    )
    parser.add_argument("--alone", action="store_true", help="no pairs")
    parser.add_argument("--database", choices=["sqlite", *DATABASES], default="sqlite")
    parser.add_argument(
        "--placement", choices=["fake", "real"], default="fake", help="in memory, or a real one"
    )
    parser.add_argument("--seed", type=int, default=7, help="of the order (default: 7)")
    parser.add_argument("--part", type=_parse_part, default=(1, 1), help="such as 2/4: one of four")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after so long")
    parser.add_argument("--done", type=Path, help="remember here what is done, and go on from it")
    parser.add_argument(
        "--only", type=parse_faults, help="these faults of the one scenario, such as 12b+15a"
    )
    options = parser.parse_args(arguments)
    if options.only is not None and len(options.scenario or ()) != 1:
        parser.error("--only needs one --scenario")
    return options


def _parse_part(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    if not 1 <= int(number) <= int(count):
        raise ValueError(text)
    return int(number), int(count)


@contextmanager
def _make_ground(directory: Path, options: argparse.Namespace) -> Iterator[Ground]:
    url = f"sqlite:///{directory / 'faults.sqlite'}"
    if options.database in DATABASES:
        server = DATABASES[options.database]()
        url = server.create(address_of(server), "rr_faults")
    placement = None
    if options.placement == "real":
        placement = Placement().create(address_of(Placement()), "rr_faults")
    with lay_ground(directory, url, placement) as ground:
        yield ground


def _show(ground: Ground, options: argparse.Namespace) -> int:
    """One run, with all that there is to tell of it."""
    (scenario,) = options.scenario
    run = play(ground, scenario, options.only)
    failing = {fault.number: fault.side.name.lower() for fault in options.only}
    for number, name in enumerate(run.names, start=1):
        print(f"{number:4} {name}", f"  <- fails {failing[number]}" if number in failing else "")
    print("Answers:", *run.diary, sep="\n  ")
    print("Wrong:", *run.wrong or ["nothing"], sep="\n  ")
    return 1 if run.wrong else 0


def _try(ground: Ground, options: argparse.Namespace) -> int:
    began = time.monotonic()
    scenarios = options.scenario or list(SCENARIOS)
    units, calls = list_units(ground, scenarios, options.seed)
    number, count = options.part
    own = units[number - 1 :: count]
    about = f"{options.database} {options.placement} {'alone' if options.alone else 'pairs'}"
    done = Done(options.done, about, calls)
    print(f"{len(calls)} calls of {len(scenarios)} scenarios: {len(own)} faults, {about}")
    runs = wrong = 0
    told = began

    def is_over() -> bool:
        return wrong >= MOST_WRONG or time.monotonic() - began > 60 * options.minutes

    for played in try_all(ground, own, done, is_over, in_pairs=not options.alone):
        runs += 1
        if played.run.wrong:
            wrong += 1
            _tell(played, options)
        if time.monotonic() - told > PROGRESS_SECONDS:
            told = time.monotonic()
            left = sum(str(unit) not in done.units for unit in own)
            minutes = (told - began) / 60
            print(f"{runs} runs, {wrong} wrong, {left} faults left, {minutes:.1f} min: {played}")
            sys.stdout.flush()
    left = sum(str(unit) not in done.units for unit in own)
    print(f"{runs} runs in {time.monotonic() - began:.0f} s, {wrong} wrong, {left} faults left")
    return 1 if wrong else 0


def _tell(played: Played, options: argparse.Namespace) -> None:
    faults = "+".join(map(str, played.faults))
    print(f"WRONG: {played}", *played.run.struck, *played.run.wrong, sep="\n  ")
    print(
        f"  alone: python -m tests.long.faults --scenario {played.scenario} --only {faults}"
        f" --database {options.database} --placement {options.placement}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

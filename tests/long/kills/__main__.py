"""Kills processes under load, by the thousand: ``python -m tests.long.kills``.

API servers, conductors and agents, two of each, are killed with SIGKILL before or after a piece of
their work, while clients create, bind, unbind and delete over REST, agents report, and a Nova takes
events (and often not). After every ten kills the load stops, two periods pass, and all must hold:
no handle is held twice, what was acknowledged is so, what was not is done or undone as a whole,
each handle is free or a bound request's, the ledgers say what the database says, and each event was
taken by Nova or waits for it. The exit status is 0 when all was so, 1 when something was not, 2
when a server cannot be had.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from tests.long.kills.cloud import Nursery
from tests.long.kills.history import Figures, History, make_name
from tests.migrated import lay_out
from tests.servers.mariadb import MariaDb
from tests.servers.postgresql import PostgreSql
from tests.servers.rabbitmq import RabbitMq
from tests.servers.server import ServerMissing, address_of, close_run, open_run

KILLS_EACH = 50
"""Kills in one history, which begins with a new cloud and ends with a line that tells of it."""

DATABASES = (MariaDb(), PostgreSql())


def main(arguments: Sequence[str]) -> int:
    """Play history after history, until there were so many kills or the time is over."""
    options = _parse(arguments)
    done = _read_progress(options)
    seed, began = done.get("seed", options.seed), time.monotonic()
    kills, number = done.get("kills", 0), done.get("history", options.history)
    run = open_run()
    nursery = None
    total: Counter[str] = Counter()
    try:
        nursery = Nursery(run / "nursery.log")
        while kills < options.kills and time.monotonic() - began < 60 * options.minutes:
            some = min(KILLS_EACH, options.kills - kills)
            figures = _play(run, nursery, f"{seed}-{number}", number, some, options)
            kills += figures.kills.total()
            total += figures.points
            _tell(number, kills, figures, time.monotonic() - began)
            if figures.wrong:
                again = f"--seed {seed} --history {number} --kills {KILLS_EACH}"
                chosen = f" --database {options.database}" if options.database else ""
                print(f"again: python -m tests.long.kills {again}{chosen}")
                return 1
            number += 1
            if options.progress is not None:
                text = json.dumps({"seed": seed, "kills": kills, "history": number})
                options.progress.write_text(text)
    except ServerMissing as error:
        print(f"NOT RUN: {error}", file=sys.stderr)
        return 2
    finally:
        if nursery is not None:
            nursery.close()
        close_run(run)
    print(f"{kills} kills, {len(total)} different points: nothing wrong")
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.long.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="in all (default: 1000)")
    parser.add_argument("--minutes", type=float, default=60, help="at most (default: 60)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--history", type=int, default=0, help="the first one (default: 0)")
    names = [each.name for each in DATABASES]
    parser.add_argument("--database", choices=names, help="for all, not each in turn")
    parser.add_argument("--progress", type=Path, help="file to go on from, and to keep that in")
    parser.add_argument("--logs", type=Path, help="keep what processes of a wrong history said")
    return parser.parse_args(arguments)


def _read_progress(options: argparse.Namespace) -> dict[str, int]:
    if options.progress is None or not options.progress.exists():
        return {}
    found: dict[str, int] = json.loads(options.progress.read_text())
    return found


def _play(
    run: Path,
    nursery: Nursery,
    seed: str,
    number: int,
    kills: int,
    options: argparse.Namespace,
) -> Figures:
    chosen = [each for each in DATABASES if options.database in (None, each.name)]
    database = chosen[number % len(chosen)]
    name, bus = make_name(), RabbitMq()
    server, broker = address_of(database), address_of(bus)
    url = database.create(server, name)
    directory = run / f"kills-{number}"
    try:
        stored = Database(make_config([], files=[], database__connection=url).database)
        lay_out(stored)
        stored.close()
        history = History(directory, nursery, bus.create(broker, name), url, seed)
        figures = history.play(kills)
        if figures.wrong and options.logs is not None:
            shutil.copytree(directory, options.logs, ignore=_pipes, dirs_exist_ok=True)
    finally:
        bus.drop(broker, name)
        database.drop(server, name)
        shutil.rmtree(directory, ignore_errors=True)
    return figures


def _pipes(_directory: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "points"]


def _tell(number: int, kills: int, figures: Figures, seconds: float) -> None:
    verdict = f"{len(figures.wrong)} WRONG" if figures.wrong else "0 wrong"
    print(
        f"history {number}: {kills} kills in {seconds / 60:.1f} min, {verdict};"
        f" {dict(figures.kills)}, {figures.points.total()} of them at their point; settled within"
        f" {figures.slowest_settling:.1f} s; {figures.events} events; done {dict(figures.done)},"
        f" refused {dict(figures.refused)}",
        flush=True,
    )
    for wrong in figures.wrong[:20]:
        print(f"  WRONG: {wrong}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

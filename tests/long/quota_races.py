"""Races for what projects may hold, many times: ``python -m tests.long.quota_races``.

In each round some threads bind at once, some for their own project and some as an administrator for
it, some on handles that the host refuses first; the limit is another each time. Exactly as many
must win as the limit leaves room for, at no moment more may be held, and no end may be another than
bound or over quota. The exit status is 0 when that was so on SQLite, MariaDB and PostgreSQL.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from cyborg_rr.domain.requests import Mandate
from tests.api.stage import Stage
from tests.quota.conftest import TableOfLimits
from tests.quota.races import DEVICES, HOST, Watch, bind, create, occupy, providers, race
from tests.servers.mariadb import MariaDb
from tests.servers.postgresql import PostgreSql
from tests.servers.server import address_of, close_run, open_run


def main(arguments: Sequence[str]) -> int:
    """Play so many rounds of so many threads on each database."""
    parser = argparse.ArgumentParser(prog="python -m tests.long.quota_races")
    parser.add_argument("--rounds", type=int, default=300, help="on each database (default: 300)")
    parser.add_argument("--threads", type=int, default=32, help="in each round (default: 32)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args(arguments)
    logging.disable(logging.WARNING)  # hosts refuse handles here, and say so
    directory = open_run()
    try:
        urls = {"sqlite": f"sqlite:///{directory / 'races.sqlite'}"}
        for server in (MariaDb(), PostgreSql()):
            urls[server.name] = server.create(address_of(server), "rr_quota_races")
        wrong = [
            f"{name}, {told}"
            for name, url in urls.items()
            for told in _play(directory / name, url, options)
        ]
    finally:
        close_run(directory)
    print("\n".join(wrong) or f"{options.rounds} rounds on each database: every limit held")
    return 1 if wrong else 0


def _play(directory: Path, url: str, options: argparse.Namespace) -> list[str]:
    directory.mkdir(exist_ok=True)
    limits = TableOfLimits()
    stage = Stage(
        directory,
        limits=limits,
        database__connection=url,
        database__max_pool_size=options.threads + 4,
    )
    handles = options.threads + 2
    stage.add_host(HOST, devices=DEVICES, handles=handles)
    occupy(stage, handles, 0, 1)
    rng = random.Random(options.seed)
    try:
        told = (
            _play_round(stage, limits, rng, number, options) for number in range(options.rounds)
        )
        return [each for each in told if each is not None]
    finally:
        stage.close()


def _play_round(
    stage: Stage,
    limits: TableOfLimits,
    rng: random.Random,
    number: int,
    options: argparse.Namespace,
) -> str | None:
    """What was wrong in a round, with what it takes to see it again."""
    project, limit = f"project-{number}", rng.randrange(options.threads + 2)
    limits.any_project = {"PGPU": limit}
    offered = providers(stage)
    arqs = [create(stage, rng.choice([project, "service"]), 1) for _ in range(options.threads)]
    with Watch(stage, project) as watch:
        ends = race([partial(bind, stage, own, rng.choice(offered), project) for own in arqs])
    wins = min(limit, options.threads)
    stage.conductor.unbind([uuid for own in arqs for uuid in own], Mandate())
    if ends["bound"] == watch.most[project] == wins and set(ends) <= {"bound", "over_quota"}:
        return None
    return (
        f"seed {options.seed}, round {number}: limit {limit}, ended {dict(ends)},"
        f" at most {watch.most[project]} were held at a time"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""kill -9 of API servers, conductors and agents at seeded points, under load, over real servers.

``python -m tests.long.kills`` plays the same by the thousand; here it is one history, always the
same choices.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.engine import Database
from tests.long.kills.cloud import Nursery
from tests.long.kills.history import History, Pace
from tests.migrated import lay_out

KILLS = 30
SEED = "suite"
PACE = Pace(point_seconds=0.3, work_seconds=0.3)


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path / "nursery.log")
    yield nursery
    nursery.close()


def test_thirty_kills_leave_nothing_undone_lost_or_held_twice(
    tmp_path: Path, nursery: Nursery, rabbit_url: str, mariadb_url: str
) -> None:
    database = Database(make_config([], files=[], database__connection=mariadb_url).database)
    lay_out(database)
    database.close()
    history = History(tmp_path / "cloud", nursery, rabbit_url, mariadb_url, SEED, PACE)
    figures = history.play(KILLS)
    assert figures.wrong == []
    assert figures.kills.total() == KILLS
    assert set(figures.kills) == {"api", "conductor", "agent"}
    assert figures.points.total() > 0
    assert figures.done["bind"] > 0

"""Many threads race through the REST API for few handles, on each kind of database.

``python -m tests.long.races`` plays the same with more threads and rounds.
"""

from __future__ import annotations

from pathlib import Path

from tests.services.races import Races

THREADS = 32
HANDLES = 8
ROUNDS = 3
CHURNS = 1


def test_nobody_holds_what_another_has_nor_is_refused_what_is_free(
    tmp_path: Path, database_url: str
) -> None:
    races = Races(tmp_path, database_url, THREADS, HANDLES, CHURNS)
    try:
        for _ in range(ROUNDS):
            races.play()
    finally:
        races.close()
    assert races.tally.told == []
    assert races.tally.calls == ROUNDS * (THREADS + HANDLES + 2 * CHURNS * HANDLES)

"""The quick share of ``python -m tests.long.faults``: calls that fail alone, drawn by a seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cyborg_rr.db.tables import AttachHandleRow
from cyborg_rr.domain.hardware.stored import HandleState
from tests.long.faults.campaign import BadFile, Done, Unit, list_units, play_alone, play_pairs
from tests.long.faults.checks import find_wrong, settle
from tests.long.faults.gate import Fault, Side, parse_faults
from tests.long.faults.ground import Ground, lay_ground
from tests.long.faults.playing import play
from tests.long.faults.scenarios import SCENARIOS
from tests.long.faults.world import World

SEED = 20
ALONE = 6
"""Faults of each scenario."""


@pytest.fixture
def ground(tmp_path: Path, sqlite_url: str) -> Iterator[Ground]:
    with lay_ground(tmp_path, sqlite_url) as ground:
        yield ground


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_call_that_fails_leaves_anything_behind(ground: Ground, scenario: str) -> None:
    units, calls = list_units(ground, [scenario], SEED)
    assert len(calls) > 20
    for unit in units[:ALONE]:
        played = play_alone(ground, unit)
        assert played.run.struck, f"{unit} was not struck"
        assert not played.run.wrong, (str(played), played.run)


def test_two_calls_fail_in_one_run(ground: Ground) -> None:
    unit = Unit("delete", Fault(3, Side.AFTER))
    pairs = play_pairs(ground, unit)
    for expected in ("3a+4b", "3a+4a", "3a+5b"):
        played = next(pairs)
        assert (str(played), len(played.run.struck)) == (f"delete {expected}", 2)
        assert not played.run.wrong, played.run


def test_the_same_is_asked_of_a_real_placement(
    tmp_path: Path, sqlite_url: str, placement_url: str
) -> None:
    """The one in memory answers as the real one does, as far as anybody can tell."""
    with lay_ground(tmp_path, sqlite_url) as ground:
        told = play(ground, "publish")
    with lay_ground(tmp_path, sqlite_url.replace("cyborg_rr.", "other."), placement_url) as ground:
        real = play(ground, "publish")
    asked = [[name for name in run.names if name.startswith("Placement")] for run in (told, real)]
    assert real.wrong == ()
    assert asked[0] == asked[1] != []


def test_what_disagrees_is_found(ground: Ground) -> None:
    world = World(ground)
    try:
        SCENARIOS["bind"](world)
        settle(world)
        assert find_wrong(world) == []
        with ground.database.writing() as session:
            session.query(AttachHandleRow).update({"state": HandleState.FREE, "binding_id": None})
        world.driver.prepared.pop()
        for part in world.parts():
            ground.compute.set_traits(part.provider_uuid, set())
        wrong = "\n".join(find_wrong(world))
    finally:
        world.close()
    for part in ("without a handle", "only a ledger knows", "the devices have", "Placement lacks"):
        assert part in wrong


def test_faults_are_written_as_they_are_printed() -> None:
    faults = (Fault(3, Side.BEFORE), Fault(12, Side.AFTER))
    assert parse_faults("12a+3b") == faults
    assert parse_faults("+".join(map(str, faults))) == faults
    for text in ("", "12", "0b", "12c", "1b+", "b1"):
        with pytest.raises(ValueError, match="is not like"):
            parse_faults(text)


def test_what_is_done_is_not_done_again_unless_the_calls_are_others(tmp_path: Path) -> None:
    file, unit = tmp_path / "done", Unit("bind", Fault(1, Side.AFTER))
    Done(file, "sqlite", ["one"]).note(unit)
    assert Done(file, "sqlite", ["one"]).units == {"bind 1a"}
    with pytest.raises(BadFile, match="of other calls"):
        Done(file, "sqlite", ["one", "two"])

"""One run: a scenario under some faults, and what was wrong after it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

from tests.long.faults.checks import find_unusable, find_wrong, settle
from tests.long.faults.gate import Fault
from tests.long.faults.ground import Ground
from tests.long.faults.scenarios import SCENARIOS
from tests.long.faults.world import Listener, World


@dataclass(frozen=True, slots=True)
class Run:
    """The calls that were made, those that were let fail, what was wrong, and what was answered."""

    names: tuple[str, ...]
    struck: tuple[str, ...]
    wrong: tuple[str, ...]
    diary: tuple[str, ...]


def play(ground: Ground, scenario: str, faults: Sequence[Fault] = ()) -> Run:
    """Play a scenario on an emptied ground."""
    listener = Listener()
    logging.getLogger().addHandler(listener)
    world = World(ground)
    try:
        ground.gate.arm(faults)
        wrong = _play(world, scenario)
    finally:
        logging.getLogger().removeHandler(listener)
        world.close()
    told = dict.fromkeys([*wrong, *listener.wrong])
    gate = ground.gate
    return Run(tuple(gate.names), tuple(gate.struck), tuple(told), tuple(world.diary))


def _play(world: World, scenario: str) -> list[str]:
    try:
        SCENARIOS[scenario](world)
        settle(world)
        wrong = find_wrong(world)
        return [*wrong, *find_unusable(world), *world.wrong, *world.driver.wrong]
    except Exception as error:
        logging.getLogger(__name__).debug("the run ended", exc_info=True)
        return [*world.wrong, f"it ended with {error!r} in {_name_place(error)}"]


def _name_place(error: BaseException) -> str:
    return " < ".join(
        f"{frame.name}:{frame.lineno}"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
    )

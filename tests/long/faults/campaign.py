"""Which faults are tried: each call alone, and with each later one."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.long.faults.gate import READ, Fault, Side
from tests.long.faults.ground import Ground
from tests.long.faults.playing import Run, play


class BadFile(Exception):
    """The file of what is done belongs to other calls than there are now."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One fault of a scenario, to be tried alone and with each later one."""

    scenario: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.scenario} {self.fault}"


@dataclass(frozen=True, slots=True)
class Played:
    """A run and what it was."""

    scenario: str
    faults: tuple[Fault, ...]
    run: Run

    def __str__(self) -> str:
        return f"{self.scenario} {'+'.join(map(str, self.faults)) or 'without faults'}"


def list_units(ground: Ground, scenarios: Sequence[str], seed: int) -> tuple[list[Unit], list[str]]:
    """All first faults in an order of that seed, and the names of all calls."""
    units: list[Unit] = []
    calls: list[str] = []
    for scenario in scenarios:
        run = play(ground, scenario)
        if run.wrong:
            raise AssertionError(f"{scenario} is wrong without faults: {run.wrong}, {run.diary}")
        calls += [f"{scenario} {name}" for name in run.names]
        units += [
            Unit(scenario, Fault(number, side))
            for number, name in enumerate(run.names, start=1)
            for side in sides_of(name)
        ]
    random.Random(seed).shuffle(units)
    return units, calls


def sides_of(name: str) -> tuple[Side, ...]:
    """How a call can fail."""
    return (Side.BEFORE,) if name == READ else (Side.BEFORE, Side.AFTER)


def play_alone(ground: Ground, unit: Unit) -> Played:
    """The scenario with the one fault."""
    return Played(unit.scenario, (unit.fault,), play(ground, unit.scenario, [unit.fault]))


def play_pairs(ground: Ground, unit: Unit) -> Iterator[Played]:
    """The scenario with the fault and each later one, among the calls that then are made."""
    number = unit.fault.number + 1
    while True:
        for side in Side:
            faults = (unit.fault, Fault(number, side))
            run = play(ground, unit.scenario, faults)
            if len(run.names) < number:
                return
            yield Played(unit.scenario, faults, run)
            if run.names[number - 1] == READ:
                break
        number += 1


class Done:
    """Remembers in a file which units are done, so that a run can go on where it ended."""

    def __init__(self, path: Path | None, about: str, calls: Sequence[str]) -> None:
        self._path = path
        text = "\n".join([about, *calls])
        head = f"{about} {hashlib.sha256(text.encode()).hexdigest()[:16]}"
        self.units: set[str] = set()
        if path is None:
            return
        if path.exists():
            first, *lines = path.read_text().splitlines()
            if first != head:
                raise BadFile(f"{path} is of other calls or options ({first}, now {head})")
            self.units.update(lines)
        else:
            path.write_text(f"{head}\n")

    def note(self, unit: Unit) -> None:
        """All of it has been tried, and nothing was wrong."""
        self.units.add(str(unit))
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(f"{unit}\n")


def try_all(
    ground: Ground,
    units: Sequence[Unit],
    done: Done,
    is_over: Callable[[], bool],
    *,
    in_pairs: bool,
) -> Iterator[Played]:
    """Play what is not done yet, until it is over."""
    for unit in units:
        if str(unit) in done.units:
            continue
        is_sound = True
        for played in _play_unit(ground, unit, in_pairs=in_pairs):
            is_sound = is_sound and not played.run.wrong
            yield played
            if is_over():
                return
        if is_sound:
            done.note(unit)


def _play_unit(ground: Ground, unit: Unit, *, in_pairs: bool) -> Iterator[Played]:
    yield play_alone(ground, unit)
    if in_pairs:
        yield from play_pairs(ground, unit)

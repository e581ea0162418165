"""Every kind of finding is made on a real database, told by the audit and ended by healing."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyborg_rr.conductor.auditing.kinds import KINDS, Act, Code
from tests.architecture.tree import ROOT
from tests.auditing.world import World

MENDED = sorted(code for code in Code if KINDS[code].act is not None)
LEFT = sorted(set(Code) - set(MENDED))
PAGE = Path(ROOT) / "doc/source/admin/auditing.rst"


def test_a_sound_service_has_no_findings(world: World) -> None:
    world.bind()
    world.claim(1)
    world.create()
    assert world.find() == []


@pytest.mark.parametrize("code", MENDED)
def test_what_is_found_is_mended_once(world: World, code: Code) -> None:
    key = getattr(world, f"break_{code}")()
    (found,) = world.find(code)
    assert found.key == key
    (outcome,) = world.mender.heal([code])
    assert outcome.finding == found
    assert outcome.is_mended, outcome
    assert outcome.done == f"done: {KINDS[code].act}"
    assert world.find() == []
    assert world.mender.heal([code]) == []


@pytest.mark.parametrize("code", LEFT)
def test_what_only_an_operator_can_mend_is_told_and_left(world: World, code: Code) -> None:
    key = getattr(world, f"break_{code}")()
    (found,) = world.find(code)
    assert found.key == key
    assert found.why
    (outcome,) = world.mender.heal([code])
    assert not outcome.is_mended
    assert outcome.done == f"left: {KINDS[code].advice}"
    assert world.find(code) == [found]


@pytest.mark.parametrize("code", Code)
def test_a_dry_run_changes_nothing(sqlite_world: World, code: Code) -> None:
    getattr(sqlite_world, f"break_{code}")()
    (found,) = sqlite_world.find(code)
    (foreseen,) = sqlite_world.mender.preview([code])
    act = KINDS[code].act
    assert foreseen.done == (f"left: {KINDS[code].advice}" if act is None else f"would {act}")
    assert sqlite_world.find(code) == [found]


def test_every_code_is_a_kind_and_every_act_is_some_kinds() -> None:
    assert set(KINDS) == set(Code)
    assert {kind.act for kind in KINDS.values()} - {None} == set(Act)
    assert all(kind.advice and kind.title for kind in KINDS.values())


def test_the_documentation_has_every_kind_with_what_healing_does() -> None:
    page = PAGE.read_text()
    listed = [line.split("``")[1] for line in page.splitlines() if line.startswith("   * - ``")]
    assert listed == [code.value for code in KINDS]
    cells = page.split("   * - ``")
    for cell in cells[1:]:
        code = Code(cell.split("``")[0])
        words = " ".join(cell.split())
        act = KINDS[code].act
        assert (f"heals: {act}" if act is not None else "left:") in words, code

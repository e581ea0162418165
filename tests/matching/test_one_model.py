"""One model is judged alike in every IR, and the documentation shows it.

``pytest tests/matching --update-golden`` writes the tables of the page anew.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from cyborg_rr.domain.matching.judging import Judgement
from cyborg_rr.domain.words import OUTCOMES, Outcome
from tests.matching.one_model import (
    COLUMNS,
    OF_TOOLCHAIN,
    find_order,
    list_forms,
    list_ordered,
    list_times,
    list_with_path,
)
from tests.matching.one_model_page import WIDTH, render
from tests.readers.forms.table import CHAIN, Model

PAGE = Path(__file__).parents[2] / "doc" / "source" / "user" / "one-model.txt"
TITLES = [column.title for column in COLUMNS]

each_model = pytest.mark.parametrize("model", CHAIN)
each_device = pytest.mark.parametrize("device", TITLES)


def find_own(judgement: Judgement) -> set[tuple[str, str]]:
    """What the device itself has against the model, whatever compiles it."""
    return {
        (refusal.code, refusal.text)
        for refusal in judgement.refusals
        if refusal.code not in OF_TOOLCHAIN
    }


def find_outcome(judgement: Judgement, *, own: bool) -> Outcome:
    """The verdict by causes of the device, or of the toolchain, alone."""
    outcomes = [
        refusal.outcome
        for refusal in judgement.refusals
        if (refusal.code in OF_TOOLCHAIN) is not own
    ]
    return max(outcomes, key=OUTCOMES.index, default="fits")


@each_device
@each_model
def test_a_device_says_the_same_to_every_form(model: Model, device: str) -> None:
    for (left, one), (right, other) in combinations(list_with_path(model, device), 2):
        both = f"{left.title} and {right.title}"
        assert find_own(one) == find_own(other), both
        assert find_outcome(one, own=True) == find_outcome(other, own=True), both
        assert one.verdict.devices_needed == other.verdict.devices_needed, both


@each_device
@each_model
def test_only_a_toolchain_makes_verdicts_differ(model: Model, device: str) -> None:
    for form, found in list_with_path(model, device):
        outcomes = (find_outcome(found, own=True), find_outcome(found, own=False))
        assert found.verdict.verdict == max(outcomes, key=OUTCOMES.index), form.title
        assert bool(found.verdict.changes) == (found.verdict.verdict == "fits if"), form.title


@each_model
def test_every_form_has_the_devices_in_the_same_order(model: Model) -> None:
    order = find_order(model)
    compared = 0
    for form in list_forms(model):
        pairs = list_ordered(list_times(form, model))
        wrong = [(quick, slow) for quick, slow in pairs if order.index(quick) > order.index(slow)]
        assert wrong == [], form.title
        compared += bool(pairs)
    assert compared > len(list_forms(model)) / 2
    assert len(order) > len(COLUMNS) / 2


@each_model
def test_there_are_paths_to_compare_on_devices_of_every_kind(model: Model) -> None:
    kinds = {column.kind for column in COLUMNS if len(list_with_path(model, column.title)) > 1}
    # No FPGA overlay of the catalogue takes the layers of an encoder.
    assert kinds == {column.kind for column in COLUMNS} - (
        {"FPGA"} if model == "encoder" else set()
    )


def test_the_documentation_shows_these_tables(updates_golden: bool) -> None:
    text = render()
    assert max(map(len, text.splitlines())) <= WIDTH
    if updates_golden:
        PAGE.write_text(text)
        return
    assert text == PAGE.read_text(), "pytest tests/matching --update-golden writes them anew"

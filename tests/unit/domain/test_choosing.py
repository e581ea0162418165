"""What is over-drawn, what still fits, and which handle leaves most to others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyborg_rr.domain.hardware.capacities import (
    ALL_FUNCTIONS,
    FUNCTIONS,
    Drawing,
    Drawn,
    count_fitting,
    find_overdraft,
)
from cyborg_rr.domain.hardware.choosing import FreeHandle, Holding, HostHoldings, Stock, Wish
from cyborg_rr.domain.hardware.stored import HandleState

WHOLE = {FUNCTIONS: ALL_FUNCTIONS}
VIRTUAL = {FUNCTIONS: 1}
SLICES = {f"memory_slice_{n}": 1 for n in range(8)} | {"compute_slices": 7}
PLACEMENTS = {1: (1, range(7)), 2: (2, (0, 2, 4)), 3: (4, (0, 4)), 4: (4, (0,)), 7: (8, (0,))}
"""By compute slices: how many memory slices, and where they may start.

The placements of an A100 with 40 GB, recalled from NVIDIA's MIG user guide; what is tested
holds for any such table.
"""


def make_placements(device: str = "1") -> list[FreeHandle]:
    """A free handle for each placement of each profile; a profile is a deployable."""
    return [
        FreeHandle(
            10 * compute + start,
            compute,
            Drawing(
                device,
                {"compute_slices": compute}
                | {f"memory_slice_{n}": 1 for n in range(start, start + memory)},
            ),
        )
        for compute, (memory, starts) in PLACEMENTS.items()
        for start in starts
    ]


def make_functions(count: int, unit: str | None = None) -> list[FreeHandle]:
    """A physical function (deployable 1) and its virtual ones (deployable 2)."""
    whole = FreeHandle(1, 1, Drawing("1", WHOLE, unit))
    parts = [FreeHandle(2 + n, 2, Drawing("1", VIRTUAL, unit)) for n in range(count)]
    return [whole, *parts]


def take(stock: Stock, deployable: int, holder: str = "someone") -> FreeHandle | None:
    """Take the best handle of a deployable."""
    wish = Wish(deployable, holder, f"arq of {holder}")
    chosen = stock.choose(wish)
    if chosen is not None:
        stock.take(chosen, wish)
    return chosen


def test_a_function_whose_virtual_ones_are_held_cannot_be_held_nor_the_reverse() -> None:
    stock = Stock(WHOLE, HostHoldings(), make_functions(3))
    assert take(stock, 2) is not None
    assert take(stock, 1) is None
    assert stock.count_holdable(2) == 2
    stock = Stock(WHOLE, HostHoldings(), make_functions(3))
    assert take(stock, 1) is not None
    assert stock.list_holdable(2) == []


def test_a_capacity_that_a_device_lacks_has_nothing_left() -> None:
    overdraft = find_overdraft(Drawing("1", {"no_such": 1}), [], {})
    assert str(overdraft) == "1 of no_such is wanted, 0 is left"


def test_what_is_drawn_of_another_device_is_not_in_the_way() -> None:
    assert find_overdraft(Drawing("1", WHOLE), [Drawing("2", WHOLE)], WHOLE) is None
    assert find_overdraft(Drawing("1", WHOLE), [Drawing("1", WHOLE)], WHOLE) is not None


@pytest.mark.parametrize("state", [state for state in HandleState if state != HandleState.FREE])
@pytest.mark.parametrize("draw", [{}, {"of_before": 1}], ids=["unknown", "of other capacities"])
def test_what_names_no_capacity_of_its_device_holds_all_of_it(
    state: HandleState, draw: dict[str, int]
) -> None:
    standing = Holding(1, Drawing("1", draw, holder="x"), state, "own-arq", "own")
    stock = Stock(WHOLE, HostHoldings([standing]), make_functions(3))
    assert take(stock, 2) is None
    assert stock.count_holdable(2) == 0
    text = stock.explain(Wish(2, "i", "arq", "own"), "the card")
    assert "0 is left" in text
    assert "none there" not in text
    elsewhere = replace(standing, drawing=replace(standing.drawing, device="2"))
    assert take(Stock(WHOLE, HostHoldings([elsewhere]), make_functions(3)), 2) is not None


@pytest.mark.parametrize(
    ("draw", "capacities"), [(WHOLE, {}), ({"slice_0": 1}, WHOLE), ({}, WHOLE)]
)
def test_nothing_is_given_of_a_device_that_was_divided_otherwise_when_it_was_given(
    draw: dict[str, int], capacities: dict[str, int]
) -> None:
    standing = Holding(1, Drawing("1", draw, holder="x"), HandleState.HELD, "own-arq", "own")
    stock = Stock(capacities, HostHoldings([standing]), [FreeHandle(2, 2, Drawing("1"))])
    assert take(stock, 2) is None
    assert stock.count_holdable(2) == 0
    assert "divided in another way" in stock.explain(Wish(2, "i", "arq", "own"), "the card")
    assert "own-arq has one" in stock.explain(Wish(2, "i", "arq", "own"), "the card")


def test_what_is_had_as_one_part_is_not_given_as_another() -> None:
    both = [FreeHandle(n, n, Drawing("1"), "the function") for n in (1, 2)]
    stock = Stock({}, HostHoldings(), [*both, FreeHandle(3, 2, Drawing("1"), "another")])
    assert take(stock, 1) is not None
    taken = take(stock, 2)
    assert taken is not None
    assert taken.id == 3


def test_what_has_no_capacities_is_held_handle_by_handle() -> None:
    standing = Holding(1, Drawing("1", holder="x"), HandleState.HELD)
    stock = Stock({}, HostHoldings([standing]), [FreeHandle(2, 2, Drawing("1"))])
    assert take(stock, 2) is not None


def test_a_unit_is_held_by_one_instance_and_by_nobody_means_nobody_else() -> None:
    wanted = Drawing("1", unit="group:40", holder="a")
    held = [Drawing("2", unit="group:40", holder="a")]
    assert find_overdraft(wanted, held, {}) is None
    for holder in ("b", None):
        other = Drawing("3", unit="group:40", holder=holder)
        overdraft = find_overdraft(wanted, [*held, other], {})
        assert overdraft is not None
        assert overdraft.is_unit
    assert find_overdraft(Drawing("1", unit="group:40"), held, {}) is not None
    assert find_overdraft(Drawing("1", unit="group:41"), held, {}) is None


def test_a_small_partition_is_placed_where_it_spoils_least() -> None:
    stock = Stock(SLICES, HostHoldings(), make_placements())
    assert take(stock, 1).id == 16  # type: ignore[union-attr] # the last, which no 2g can use
    assert stock.count_holdable(3) == 1
    assert stock.count_holdable(7) == 0
    assert [handle.id for handle in stock.list_holdable(4)] == [40]


def test_a_device_is_filled_with_every_mix_that_fits() -> None:
    for wanted in ((3, 2, 1, 1), (4, 2, 1), (4, 3), (1,) * 7, (2, 2, 2, 1), (7,)):
        stock = Stock(SLICES, HostHoldings(), make_placements())
        assert all(take(stock, profile) for profile in wanted), wanted
        assert take(stock, 1) is None or sum(wanted) < 7


def test_an_instance_gets_the_unit_that_it_has_already() -> None:
    free = [FreeHandle(n, 1, Drawing("1", unit=f"group:{n // 2}")) for n in range(4)]
    stock = Stock({}, HostHoldings(), free)
    assert [take(stock, 1, "a").id for _ in range(2)] == [0, 1]  # type: ignore[union-attr]
    assert take(stock, 1, "b").id == 2  # type: ignore[union-attr]
    assert take(stock, 1, "c") is None


def test_a_handle_that_shares_its_unit_with_none_is_taken_first() -> None:
    units = ("group:1", "group:1", "group:2")
    free = [FreeHandle(n, 1, Drawing("1", unit=unit)) for n, unit in enumerate(units)]
    assert take(Stock({}, HostHoldings(), free), 1).id == 2  # type: ignore[union-attr]


def test_a_refusal_names_requests_of_the_same_project_only() -> None:
    holdings = [
        Holding(2, Drawing("1", VIRTUAL, holder="x"), HandleState.HELD, "own-arq", "own"),
        Holding(2, Drawing("1", VIRTUAL, holder="y"), HandleState.HELD, "secret", "other"),
        Holding(2, Drawing("1", VIRTUAL), HandleState.QUARANTINED),
        Holding(1, Drawing("2", WHOLE, holder="z"), HandleState.HELD, "far", "own"),
    ]
    stock = Stock(WHOLE, HostHoldings(holdings), make_functions(0))
    assert stock.explain(Wish(1, "a", "b", "own"), "dev") == (
        "no attach handle of dev can be held now: 65536 of functions is wanted, 65533 is left"
        " (accelerator request own-arq has one, 1 held by others, 1 in quarantine)"
    )
    text = stock.explain(Wish(2, "a", "b", None), "dev")
    assert text == "every attach handle of dev is in use (2 held by others, 1 in quarantine)"


CONSUMPTION = st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), max_size=3)
HANDLES = st.lists(
    st.tuples(CONSUMPTION, st.sampled_from([None, "u", "v"]), st.integers(1, 2)), max_size=12
)


@given(HANDLES, CONSUMPTION, st.lists(st.tuples(st.integers(1, 2), st.sampled_from("ij"))))
def test_whatever_is_taken_nothing_is_over_drawn(
    handles: list[tuple[dict[str, int], str | None, int]],
    capacities: dict[str, int],
    wishes: list[tuple[int, str]],
) -> None:
    free = [
        FreeHandle(n, deployable, Drawing("1", consumes, unit))
        for n, (consumes, unit, deployable) in enumerate(handles)
    ]
    stock = Stock(capacities, HostHoldings(), free)
    for deployable, holder in wishes:
        could = stock.list_holdable(deployable, holder)
        assert bool(could) == (take(stock, deployable, holder) is not None)
    drawings = [holding.drawing for holding in stock.host.holdings]
    for name in "abc":
        assert sum(each.consumes.get(name, 0) for each in drawings) <= capacities.get(name, 0)
    for unit in "uv":
        assert len({each.holder for each in drawings if each.unit == unit}) <= 1
    left = Drawn(drawings).count_left("1", capacities)
    assert all(amount >= 0 for amount in left.values())


def test_as_many_are_counted_as_fit() -> None:
    assert count_fitting([VIRTUAL] * 3, {FUNCTIONS: 2}) == 2
    assert count_fitting([{}] * 3, {}) == 3

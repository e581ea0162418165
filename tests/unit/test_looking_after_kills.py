"""What ``python -m tests.long.kills`` holds against a cloud at rest: each fault is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.long.kills.book import Ask, Book, End
from tests.long.kills.looking import Nova, Seen, find_faults
from tests.long.rolling.load import Answer, Offer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
INFO = '{"bus": "01"}'


def make_request(uuid: str, **changes: Any) -> Any:
    """A request that is bound for bind b-1."""
    fields = {
        "uuid": uuid,
        "state": "Bound",
        "binding_id": "b-1",
        "instance_uuid": "i-1",
        "hostname": "gpu-1",
        "provider_uuid": "p-1",
    }
    return SimpleNamespace(**fields | changes)


def make_handle(**changes: Any) -> Any:
    """A handle that request a-1 holds."""
    fields = {
        "uuid": "h-1",
        "state": "held",
        "arq_uuid": "a-1",
        "binding_id": "b-1",
        "reason": None,
        "state_since": NOW,
        "info": INFO,
        "hostname": "gpu-1",
    }
    return SimpleNamespace(**fields | changes)


FREE = make_handle(uuid="h-2", state="free", arq_uuid=None, binding_id=None, info='{"bus": "02"}')
ASK = Ask(
    ("a-1",), (Offer("gpu-1", "p-1"),), "i-1", frozenset({End.BOUND}), {"a-1": f"gpu-1 {INFO}"}
)
WELL = Seen(
    requests={"a-1": make_request("a-1")},
    handles=[make_handle(), FREE],
    claims={"b-1": ("gpu-1", INFO)},
    unclean=[],
    told=frozenset({("a-1", "i-1", "completed")}),
    asks=[ASK],
    present={"gpu-1": 2},
    expected={"gpu-1": 2},
)


def change_handle(**changes: Any) -> Seen:
    return replace(WELL, handles=[make_handle(**changes), FREE])


def change_request(**changes: Any) -> Seen:
    return replace(WELL, requests={"a-1": make_request("a-1", **changes)})


def change_ask(**changes: Any) -> Seen:
    return replace(WELL, asks=[replace(ASK, **changes)])


def test_nothing_is_wrong_with_a_cloud_that_is_well() -> None:
    assert find_faults(WELL) == []


@pytest.mark.parametrize(
    ("seen", "fault"),
    [
        (lambda: change_handle(state="free"), "free handle is somebody's"),
        (lambda: change_handle(state="releasing", reason="r"), "handle is releasing"),
        (lambda: change_handle(state="quarantined"), "nobody says why"),
        (lambda: change_handle(arq_uuid="a-2"), "held handle without a bound request"),
        (lambda: change_handle(binding_id="b-2"), "name different binds"),
        (lambda: change_handle(info='{"bus": "02"}'), "holds gpu-1"),
        (lambda: replace(WELL, handles=[make_handle()] * 2), "held 2 times"),
        (lambda: replace(WELL, handles=[FREE]), "bound without a handle"),
        (lambda: replace(WELL, claims={}), "only the database knows"),
        (lambda: replace(WELL, claims={**WELL.claims, "b-2": ("x", "y")}), "only a ledger knows"),
        (lambda: replace(WELL, claims={"b-1": ("x", "y"), "b-2": ("x", "y")}), "claimed 2 times"),
        (lambda: replace(WELL, unclean=["b-0"]), "not told clean"),
        (lambda: replace(WELL, told=frozenset()), "Nova is not told"),
        (lambda: change_request(state="BindFailed"), "Nova is not told"),
        (lambda: change_request(state="BindStarted"), "still being bound"),
        (lambda: change_request(instance_uuid="i-2"), "is bound as"),
        (lambda: replace(WELL, asks=[]), "nobody's request"),
        (lambda: replace(WELL, requests={}), "is {<End.GONE"),
        (lambda: change_ask(ends=frozenset({End.GONE})), "is {<End.BOUND"),
        (lambda: replace(WELL, present={"gpu-1": 1}), "is stored with 1"),
        (lambda: change_ask(arqs=("a-1", "a-2")), "done in part"),
    ],
)
def test_a_fault_is_found(seen: Callable[[], Seen], fault: str) -> None:
    assert any(fault in found for found in find_faults(seen()))


def test_a_call_without_an_answer_may_have_been_done_or_not() -> None:
    either = frozenset({End.BOUND, End.UNBOUND})
    assert find_faults(change_ask(ends=either)) == []


def test_a_handle_with_two_holders_and_an_undeclared_answer_are_noted() -> None:
    book = Book()
    book.take(Ask(("a-1",)), {"a-1": "gpu-1 x"})
    book.take(Ask(("a-2",)), {"a-2": "gpu-1 x"})
    book.count("bind", Answer(503, ""), (503,))
    assert book.wrong == ["two holders of gpu-1 x: a-1 and a-2"]
    book.count("bind", Answer(500, ""), (503,))
    assert len(book.wrong) == 2


@pytest.mark.parametrize(
    ("host", "status", "is_settled"),
    [("gpu-1", "failed", True), (None, "completed", True), (None, "failed", False)],
)
def test_an_event_is_settled_as_the_service_counts_it(
    host: str | None, status: str, is_settled: bool
) -> None:
    nova = Nova(hosts={"i-1": host})
    nova._take_one({"name": "x", "server_uuid": "i-1", "tag": "a-1", "status": status})
    assert (("a-1", "i-1", status) in nova.settled) is is_settled

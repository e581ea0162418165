"""What the API shows of agents and conductors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from cyborg_rr.conductor.leases import CONDUCTOR, Leases
from cyborg_rr.conductor.liveness.membership import Membership
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.tables import HostRow
from cyborg_rr.domain.errors import AgentUnavailable, NoConductor
from cyborg_rr.domain.requests import ArqState
from tests.api.stage import NEWEST, Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A service with three hosts."""
    stage = Stage(tmp_path)
    for name in ("a", "b", "c"):
        stage.add_host(name)
    yield stage
    stage.close()


def lose(stage: Stage, name: str) -> None:
    """As when it has been silent for too long."""
    with stage.database.writing() as session:
        lost = {"lost_at": utc_now(), "lost_reason": "not heard"}
        session.execute(update(HostRow).where(HostRow.name == name).values(**lost))


def list_states(stage: Stage) -> dict[str, tuple[str, bool]]:
    """The state of each agent, and whether it is said when it was heard."""
    answer = stage.call("GET", "/v2/agents", version=NEWEST)
    assert answer.status == 200, answer.body
    return {
        agent["name"]: (agent["state"], agent["last_seen_at"] is not None)
        for agent in answer.json["agents"]
    }


def test_agents_are_up_lost_or_were_never_heard(stage: Stage) -> None:
    lose(stage, "b")
    stage.conductor.liveness.forget_others({"a", "b"})
    assert list_states(stage) == {"a": ("up", True), "b": ("lost", True), "c": ("never", False)}


def test_without_conductors_agents_are_shown_all_the_same(stage: Stage) -> None:
    def fail(_names: Sequence[str]) -> dict[str, float]:
        raise AgentUnavailable("no conductor answers")

    stage.conductor.list_last_seen = fail  # type: ignore[method-assign]
    lose(stage, "b")
    assert list_states(stage) == {
        "a": ("unknown", False),
        "b": ("lost", False),
        "c": ("unknown", False),
    }
    shown = [
        stage.call("GET", f"/v2/agents/{name}", version=NEWEST).json for name in ("a", "a", "b")
    ]
    assert [each["unknown_reason"] for each in shown] == ["no conductor answers"] * 2 + [None]
    assert shown[0]["unknown_since"] == shown[1]["unknown_since"]  # when it was noticed first
    assert shown[2]["unknown_since"] is None


def test_that_no_conductor_is_alive_is_said_with_the_time_of_the_last(stage: Stage) -> None:
    def fail(_names: Sequence[str]) -> dict[str, float]:
        raise NoConductor("no conductor is alive", datetime(2026, 11, 26, 22, 50, 3))

    stage.conductor.list_last_seen = fail  # type: ignore[method-assign]
    shown = stage.call("GET", "/v2/agents/a", version=NEWEST).json
    assert shown["state"] == "unknown"
    assert shown["unknown_since"].startswith("2026-11-26T22:50:03")
    assert shown["unknown_reason"] == "no conductor is alive"


def test_a_bind_on_a_lost_host_is_told_to_come_again(stage: Stage) -> None:
    lose(stage, "a")
    (arq,) = stage.create_arqs()
    answer = stage.bind([arq], "a")
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "has not been heard" in answer.fault
    shown = stage.call("GET", f"/v2/accelerator_requests/{arq}", version=NEWEST).json
    assert shown["state"] == ArqState.INITIAL
    assert stage.bind([arq], "b").status == 202


def test_conductors_are_up_until_their_leases_end(stage: Stage) -> None:
    for name in ("one", "two"):
        Membership(Leases(stage.database, name), name, 60, "1.0").join()
    Leases(stage.database, "two").release(f"{CONDUCTOR}two")
    shown = stage.call("GET", "/v2/conductors", version=NEWEST).json["conductors"]
    assert [(row["name"], row["state"], row["epoch"]) for row in shown] == [
        ("one", "up", 1),
        ("two", "down", 1),
    ]
    assert all(row["version"] == "1.0" and row["node"] for row in shown)
    assert all(row["last_seen_at"] and row["started_at"] for row in shown)

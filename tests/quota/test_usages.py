"""Binding within limits, and what the API tells of them."""

from __future__ import annotations

import logging
import uuid
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.domain.errors import LimitsUnavailable, OverQuota
from cyborg_rr.domain.quota import Limits
from cyborg_rr.domain.requests import Binding, Mandate
from tests.api.stage import NEWEST, Stage
from tests.fakes.keystone import FOREIGN_PROJECT, PROJECT
from tests.quota.conftest import TableOfLimits

HOST = "compute-1"


def bind_new(stage: Stage, count: int = 1, token: str = "member", **changes: Any) -> Any:
    """Bind so many new requests to a new instance; the answer, and the requests."""
    profile = stage.create_profile([{"resources:PGPU": str(count)}])
    arqs = stage.create_arqs(profile, token=token)
    return stage.bind(arqs, HOST, token=token, **changes), arqs


def unbind(stage: Stage, arq: str) -> None:
    """Unbind a request."""
    names = ("hostname", "instance_uuid", "device_rp_uuid")
    patch = [{"path": f"/{name}", "op": "remove"} for name in names]
    answer = stage.call(
        "PATCH", "/v2/accelerator_requests", {arq: patch}, token="member", service=True
    )
    assert answer.status == 202, answer.body


def usages(stage: Stage, token: str = "member", query: str = "") -> dict[str, Any]:
    """What the API says of each project."""
    answer = stage.call("GET", f"/v2/usages{query}", token=token, version=NEWEST)
    assert answer.status == 200, answer.body
    return {row["project_id"]: row["resources"] for row in answer.json["usages"]}


def states(stage: Stage, arqs: list[str]) -> set[str]:
    """The states of requests."""
    found = stage.call("GET", "/v2/accelerator_requests", token="admin").json["arqs"]
    return {row["state"] for row in found if row["uuid"] in arqs}


def test_a_project_holds_up_to_its_limit_and_no_more(stage: Stage, limits: TableOfLimits) -> None:
    limits.any_project = {"PGPU": 2}
    assert bind_new(stage)[0].status == 202
    assert bind_new(stage)[0].status == 202
    answer, arqs = bind_new(stage)
    assert answer.status == 403
    assert answer.fault == (
        f"project {PROJECT} is over its quota of accelerators:PGPU: limit 2, usage 2, wanted 1"
    )
    assert states(stage, arqs) == {"Initial"}
    assert usages(stage) == {PROJECT: {"PGPU": {"held": 2, "limit": 2}}}


def test_a_call_that_asks_for_more_than_is_left_gets_none(
    stage: Stage, limits: TableOfLimits
) -> None:
    limits.any_project = {"PGPU": 3}
    assert bind_new(stage, 2)[0].status == 202
    answer, arqs = bind_new(stage, 2)
    assert answer.status == 403
    assert "limit 3, usage 2, wanted 2" in answer.fault
    assert states(stage, arqs) == {"Initial"}
    assert bind_new(stage, 1)[0].status == 202


def test_what_was_let_go_of_counts_no_more_though_its_host_is_silent(
    stage: Stage, limits: TableOfLimits
) -> None:
    limits.any_project = {"PGPU": 1}
    _, (arq,) = bind_new(stage)
    stage.conductor.agents.unreachable.add(HOST)
    unbind(stage, arq)
    stage.conductor.agents.unreachable.clear()
    handles = stage.call("GET", "/v2/attach_handles?state=releasing", version=NEWEST)
    assert len(handles.json["attach_handles"]) == 1
    assert usages(stage) == {PROJECT: {"PGPU": {"held": 0, "limit": 1}}}
    assert bind_new(stage)[0].status == 202


def test_a_request_is_bound_again_within_the_limit(stage: Stage, limits: TableOfLimits) -> None:
    limits.any_project = {"PGPU": 1}
    arqs = stage.create_arqs()
    stage.conductor.agents.unreachable.add(HOST)
    assert stage.bind(arqs, HOST).status == 503
    stage.conductor.agents.unreachable.clear()
    assert usages(stage) == {PROJECT: {"PGPU": {"held": 0, "limit": 1}}}
    assert states(stage, arqs) == {"BindFailed"}
    unbind(stage, arqs[0])
    assert stage.bind(arqs, HOST).status == 202
    assert bind_new(stage)[0].status == 403


def test_a_bind_that_stands_is_repeated_without_asking(stage: Stage, limits: TableOfLimits) -> None:
    limits.any_project = {"PGPU": 1}
    arqs = stage.create_arqs()
    same = {"instance_uuid": str(uuid.uuid4())}
    assert stage.bind(arqs, HOST, **same).status == 202
    limits.asked.clear()
    assert stage.bind(arqs, HOST, **same).status == 202
    assert limits.asked == []


def test_what_an_administrator_binds_for_a_project_counts_for_that_project(
    stage: Stage, limits: TableOfLimits
) -> None:
    limits.by_project = {FOREIGN_PROJECT: {"PGPU": 1}}
    first, _ = bind_new(stage, token="admin", project_id=FOREIGN_PROJECT)
    assert first.status == 202
    second, arqs = bind_new(stage, token="admin", project_id=FOREIGN_PROJECT)
    assert second.status == 403
    assert FOREIGN_PROJECT in second.fault
    assert states(stage, arqs) == {"Initial"}
    assert bind_new(stage, token="admin")[0].status == 202
    assert usages(stage, "admin") == {
        FOREIGN_PROJECT: {"PGPU": {"held": 1, "limit": 1}},
        PROJECT: {"PGPU": {"held": 1, "limit": None}},
    }


def test_the_limits_of_two_projects_in_one_call_are_both_held(
    stage: Stage, limits: TableOfLimits
) -> None:
    limits.by_project = {FOREIGN_PROJECT: {"PGPU": 0}, PROJECT: {"PGPU": 5}}
    own = stage.create_arqs(token="member")
    foreign = stage.create_arqs(token="foreign-member")
    provider = stage.first_deployable(HOST)["rp_uuid"]
    instance = str(uuid.uuid4())
    bindings = [Binding(arq, HOST, provider, instance, None) for arq in (*own, *foreign)]
    with pytest.raises(OverQuota, match=f"project {FOREIGN_PROJECT}"):
        stage.conductor.bind(bindings, Mandate())
    assert states(stage, [*own, *foreign]) == {"Initial"}


def test_no_limit_of_a_class_is_said_once_and_shown(
    stage: Stage, limits: TableOfLimits, caplog: pytest.LogCaptureFixture
) -> None:
    limits.any_project = {"FPGA": 3}
    with caplog.at_level(logging.WARNING):
        assert bind_new(stage)[0].status == 202
        assert bind_new(stage)[0].status == 202
    assert caplog.text.count("No limit accelerators:PGPU is registered") == 1
    assert usages(stage) == {
        PROJECT: {"FPGA": {"held": 0, "limit": 3}, "PGPU": {"held": 2, "limit": None}}
    }


def test_a_limit_of_minus_one_is_none(stage: Stage, limits: TableOfLimits) -> None:
    limits.any_project, limits.by_project = {"PGPU": 0}, {PROJECT: {"PGPU": -1}}
    assert bind_new(stage)[0].status == 202
    assert usages(stage) == {PROJECT: {"PGPU": {"held": 1, "limit": -1}}}


def test_a_limit_that_was_lowered_takes_nothing_away(stage: Stage, limits: TableOfLimits) -> None:
    limits.any_project = {"PGPU": 2}
    bind_new(stage, 2)
    limits.any_project = {"PGPU": 1}
    assert usages(stage) == {PROJECT: {"PGPU": {"held": 2, "limit": 1}}}
    answer, _ = bind_new(stage)
    assert answer.status == 403
    assert "limit 1, usage 2, wanted 1" in answer.fault


def test_a_request_of_another_project_is_not_asked_about(
    stage: Stage, limits: TableOfLimits
) -> None:
    arqs = stage.create_arqs(token="foreign-member")
    limits.asked.clear()
    assert stage.bind(arqs, HOST, token="member").status == 404
    assert limits.asked == []


def test_a_member_sees_no_other_project(stage: Stage, limits: TableOfLimits) -> None:
    limits.any_project = {"PGPU": 2}
    bind_new(stage, token="foreign-member")
    assert usages(stage) == {PROJECT: {"PGPU": {"held": 0, "limit": 2}}}
    answer = stage.call(
        "GET", f"/v2/usages?project_id={FOREIGN_PROJECT}", token="member", version=NEWEST
    )
    assert answer.status == 403
    assert "cyborg:usage:get_all" in answer.fault
    own = usages(stage, query=f"?project_id={PROJECT}")
    assert own == {PROJECT: {"PGPU": {"held": 0, "limit": 2}}}


def test_an_administrator_sees_any_project_also_one_that_holds_nothing(
    stage: Stage, limits: TableOfLimits
) -> None:
    limits.by_project = {FOREIGN_PROJECT: {"PGPU": 7}}
    assert usages(stage, "admin") == {}
    assert usages(stage, "admin", f"?project_id={FOREIGN_PROJECT}") == {
        FOREIGN_PROJECT: {"PGPU": {"held": 0, "limit": 7}}
    }


def test_projects_come_in_pages(stage: Stage) -> None:
    for number in range(5):
        bind_new(stage, token="admin", project_id=f"{number}{PROJECT[1:]}")
    seen: list[str] = []
    path = "/v2/usages?limit=2"
    while True:
        answer = stage.call("GET", path, version=NEWEST)
        seen += [row["project_id"] for row in answer.json["usages"]]
        following = answer.json.get("usages_links")
        if following is None:
            break
        path = following[0]["href"].removeprefix("http://localhost")
    assert seen == [f"{number}{PROJECT[1:]}" for number in range(5)]
    backwards = stage.call("GET", "/v2/usages?sort_dir=desc&limit=1", version=NEWEST)
    assert backwards.json["usages"][0]["project_id"] == seen[-1]
    assert stage.call("GET", "/v2/usages?sort_key=held", version=NEWEST).status == 400


class Silent(TableOfLimits):
    """Limits that nobody tells."""

    def of_project(self, project_id: str) -> Limits:
        """As ``LimitSource.of_project``."""
        raise LimitsUnavailable(f"the limits of {project_id} cannot be looked at")


def test_without_limits_nothing_is_bound_and_the_caller_may_come_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path, limits=Silent())
    try:
        stage.add_host(HOST)
        answer, arqs = bind_new(stage)
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "cannot be looked at" in answer.fault
        assert states(stage, arqs) == {"Initial"}
        shown = stage.call("GET", "/v2/usages", token="member", version=NEWEST)
        assert shown.status == 503
    finally:
        stage.close()


def test_without_a_quota_usages_have_no_limits(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    try:
        stage.add_host(HOST, handles=3)
        bind_new(stage, 2)
        assert usages(stage) == {PROJECT: {"PGPU": {"held": 2, "limit": None}}}
    finally:
        stage.close()

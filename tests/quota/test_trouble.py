"""Keystone that is down, slow, endless or talks rubbish: bounded, told, and nothing half done."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.errors import LimitsUnavailable
from cyborg_rr.domain.quota import Limits
from cyborg_rr.outside.calling import Code, OutsideTrouble, make_caller
from cyborg_rr.outside.limits.limits import KeptLimits
from cyborg_rr.outside.limits.unified import UnifiedLimits
from tests.api.stage import Stage
from tests.fakes.hostile_http import ANSWERS, serve
from tests.patience import without_waiting
from tests.quota.test_usages import HOST, bind_new, states

PROJECT = "0" * 32
ENDPOINT = "e" * 32
SOUND: Mapping[str, Any] = {
    "/limits/model": {"model": {"name": "flat"}},
    f"/endpoints/{ENDPOINT}": {
        "endpoint": {"id": ENDPOINT, "service_id": "s", "region_id": "r", "links": {}}
    },
    "/registered_limits": {
        "registered_limits": [{"resource_name": "accelerators:PGPU", "default_limit": 4}]
    },
    "/limits": {"limits": []},
}
"""The least that Keystone says."""


def make(url: str, directory: Path, seconds: float = 0.5) -> UnifiedLimits:
    """What asks a server for limits with a token that is there already."""
    file = directory / "rr.conf"
    file.write_text(f"[oslo_limit]\nauth_type = admin_token\nendpoint = {url}\ntoken = t\n")
    conf = make_config([], files=[str(file)])
    caller = make_caller(conf, "oslo_limit", "Keystone", seconds=seconds, max_bytes=1 << 20)
    assert caller is not None
    return UnifiedLimits(caller, {"endpoint_id": ENDPOINT})


@contextmanager
def speaking(answers: Mapping[str, Any]) -> Iterator[str]:
    """A server that answers each path with its document."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = answers.get(self.path.partition("?")[0])
            body = json.dumps({} if document is None else document).encode()
            self.send_response(404 if document is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_sound_answer_is_read(tmp_path: Path) -> None:
    with speaking(SOUND) as url:
        assert KeptLimits(make(url, tmp_path), 0).of_project(PROJECT) == Limits({"PGPU": 4})


@pytest.mark.parametrize("name", ANSWERS)
def test_a_keystone_like_this_costs_its_seconds_and_binds_nothing(
    name: str, tmp_path: Path
) -> None:
    with serve(ANSWERS[name][0]) as url:
        limits = KeptLimits(make(url, tmp_path), 0)
        stage = Stage(tmp_path, limits=limits)
        try:
            stage.add_host(HOST)
            with without_waiting():
                answer, arqs = bind_new(stage)
            assert answer.status == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert "the limits of projects cannot be looked at: Keystone (" in answer.fault
            assert "<html>" not in answer.fault
            assert states(stage, arqs) == {"Initial"}
        finally:
            stage.close()


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/limits/model", {"model": {"name": "strict-two-level"}}),
        ("/limits/model", {"model": {"name": "who_knows"}}),
        ("/limits/model", {"model": "flat"}),
        ("/limits/model", {}),
        (f"/endpoints/{ENDPOINT}", {"endpoint": {"id": ENDPOINT}}),
        (f"/endpoints/{ENDPOINT}", None),
        ("/registered_limits", {"registered_limits": {"a": 1}}),
        ("/registered_limits", {"registered_limits": [1]}),
        ("/registered_limits", {"registered_limits": [{"resource_name": "accelerators:PGPU"}]}),
        (
            "/registered_limits",
            {"registered_limits": [{"resource_name": "accelerators:PGPU", "default_limit": "4"}]},
        ),
        (
            "/registered_limits",
            {"registered_limits": [{"resource_name": "accelerators:PGPU", "default_limit": True}]},
        ),
        ("/limits", {"limits": [{"resource_name": None, "resource_limit": 1}]}),
        ("/limits", {"error": {"message": "no"}}),
        ("/limits", {"limits": [], "truncated": True}),
    ],
)
def test_one_answer_that_is_none_is_enough(path: str, document: Any, tmp_path: Path) -> None:
    with speaking({**SOUND, path: document}) as url, pytest.raises(LimitsUnavailable):
        KeptLimits(make(url, tmp_path), 0).of_project(PROJECT)


class Counting:
    """Limits that are told when the test lets them be."""

    def __init__(self) -> None:
        self.asked = 0
        self.trouble: OutsideTrouble | None = None
        self.may_answer = threading.Event()
        self.may_answer.set()

    def list_registered(self) -> Mapping[str, int]:
        """As ``LimitService.list_registered``."""
        self.asked += 1
        self.may_answer.wait(60)
        if self.trouble is not None:
            raise self.trouble
        return {"PGPU": self.asked}

    def list_of_project(self, project_id: str) -> Mapping[str, int]:
        """As ``LimitService.list_of_project``."""
        del project_id
        return {}

    def list_of_all(self) -> Mapping[str, Mapping[str, int]]:
        """As ``LimitService.list_of_all``."""
        return {}


def test_an_answer_is_kept_so_long_and_no_longer() -> None:
    now = [100.0]
    service = Counting()
    limits = KeptLimits(service, 10, clock=lambda: now[0])
    assert limits.of_project("red").find("PGPU") == 1
    now[0] = 109.9
    assert limits.of_project("blue").find("PGPU") == 1
    now[0] = 110.0
    assert limits.of_project("red").find("PGPU") == 2
    service.trouble = OutsideTrouble("Keystone", Code.UNREACHABLE, "it is gone")
    assert limits.of_project("red").find("PGPU") == 2
    now[0] = 120.0
    with pytest.raises(LimitsUnavailable, match="it is gone"):
        limits.of_project("red")
    service.trouble = None
    assert limits.of_project("red").find("PGPU") == 4


@pytest.mark.parametrize(
    ("trouble", "shared"),
    [
        (None, ["1", *["2"] * 7]),  # the first was asked for before the others began
        (OutsideTrouble("Keystone", Code.SLOW, "it says nothing"), ["unavailable"] * 8),
    ],
)
def test_those_who_wait_share_an_answer_as_young_as_their_own_would_be_or_a_failure(
    trouble: OutsideTrouble | None, shared: list[str]
) -> None:
    service = Counting()
    service.may_answer.clear()
    service.trouble = trouble
    limits = KeptLimits(service, 0)
    ends: list[str] = []

    def ask() -> None:
        try:
            ends.append(str(limits.of_project("red").find("PGPU")))
        except LimitsUnavailable:
            ends.append("unavailable")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    service.may_answer.set()
    for thread in threads:
        thread.join(10)
    assert ends == shared


def test_while_asking_fails_one_waits_and_the_others_are_refused_at_once() -> None:
    service = Counting()
    service.trouble = OutsideTrouble("Keystone", Code.SLOW, "it says nothing")
    limits = KeptLimits(service, 0)
    with pytest.raises(LimitsUnavailable):
        limits.of_project("red")
    service.may_answer.clear()
    ends: list[object] = []

    def ask() -> None:
        try:
            ends.append(limits.of_project("red").find("PGPU"))
        except LimitsUnavailable as error:
            ends.append(error)

    waiting = threading.Thread(target=ask)
    waiting.start()
    while service.asked < 2:
        time.sleep(0.01)
    for project in ("red", "blue"):
        with without_waiting(60), pytest.raises(LimitsUnavailable, match="it says nothing"):
            limits.of_project(project)
    service.trouble = None
    service.may_answer.set()
    waiting.join(60)
    assert ends == [2]
    assert limits.of_project("blue").find("PGPU") == 3

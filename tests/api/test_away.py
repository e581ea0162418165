"""Database or bus away: every operation is answered with 503 in bounded time, and comes back."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oslo_db import exception as db_exception

from cyborg_rr import codec
from cyborg_rr.api.operations import list_routes
from cyborg_rr.api.request.path import Route
from cyborg_rr.conf.opts import make_config
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import make_transport
from cyborg_rr.rpc.waiting import Waiting
from tests.api.stage import NEWEST, Answer, Stage
from tests.patience import without_waiting
from tests.unit.representation.measured.making import make_measurement

MODEL = (Path(__file__).parents[1] / "data" / "onnx" / "cnn.onnx").read_bytes()
HOST = "compute-1"
UUID = "99999999-2222-3333-4444-555555555555"
DISCOVERY = ("", "v2")
BIND = {
    UUID: [
        {"path": f"/{name}", "op": "add", "value": value}
        for name, value in (("hostname", HOST), ("device_rp_uuid", UUID), ("instance_uuid", UUID))
    ]
}
PROGRAM = [{"path": "/bitstream_id", "op": "replace", "value": [{"image_uuid": UUID}]}]
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "device_profiles"): [{"name": "p", "groups": [{"resources:PGPU": "1"}]}],
    ("PATCH", "device_profiles/{key}"): {"name": "q"},
    ("POST", "accelerator_requests"): {"device_profile_name": "p"},
    ("PATCH", "accelerator_requests"): BIND,
    ("PATCH", "accelerator_requests/{key}"): BIND,
    ("PATCH", "deployables/{uuid}/program"): [
        {"path": "/bitstream_id", "op": "replace", "value": [{"image_uuid": UUID}]}
    ],
    ("PATCH", "deployables/{uuid}/program/{again}"): [
        {"path": "/bitstream_id", "op": "replace", "value": [{"image_uuid": UUID}]}
    ],
    ("POST", "measurements"): {"measurement": codec.render(make_measurement())},
    ("POST", "attributes"): {"deployable_id": 1, "key": "k", "value": "v"},
    ("PATCH", "attach_handles/{uuid}"): {"state": "quarantined", "reason": "a test"},
    ("POST", "matches"): {"ir_requirement": UUID},
}
QUERIES = {
    ("DELETE", "device_profiles"): "?value=p",
    ("DELETE", "accelerator_requests"): f"?arqs={UUID}",
}
ASKS_NOBODY = {("DELETE", "attributes"): 400}
"""What is answered without any dependency."""


@contextmanager
def lost(stage: Stage) -> Iterator[None]:
    """A database that refuses connections, for a while."""

    def broken(*_arguments: object) -> None:
        raise db_exception.DBConnectionError("gone")

    stage.database.engine.dispose()
    pool: Any = stage.database.engine.pool
    made, pool._creator = pool._creator, broken
    try:
        yield
    finally:
        pool._creator = made


def ask(stage: Stage, route: Route) -> Answer:
    """The operation, as complete as it takes to get to a dependency."""
    path = re.sub(r"{\w+}", UUID, route.path) + QUERIES.get((route.method, route.path), "")
    body = BODIES.get((route.method, route.path))
    headers = None
    if (route.method, route.path) == ("POST", "ir_requirements"):
        body, headers = MODEL, {"Content-Type": "application/octet-stream"}
    return stage.call(
        route.method, f"/v2/{path}", body, service=True, version=NEWEST, headers=headers
    )


def test_every_operation_says_that_the_database_is_away_and_works_when_it_is_back(
    stage: Stage,
) -> None:
    routes = [route for route in list_routes(stage.services) if route.path not in DISCOVERY]
    assert stage.call("GET", "/v2/devices").status == 200
    wrong = []
    with lost(stage):
        for route in routes:
            with without_waiting():
                answer = ask(stage, route)
            wanted = ASKS_NOBODY.get((route.method, route.path), 503)
            if answer.status != wanted:
                wrong.append((route.method, route.path, answer.status, answer.body))
            elif wanted == 503:
                assert answer.headers["Retry-After"] == "5"
                assert answer.fault == "the database does not answer"
    assert wrong == [], "\n".join(map(str, wrong))
    for route in routes:
        assert ask(stage, route).status < 500


def test_every_change_of_the_hosts_says_that_the_bus_is_away_and_reading_goes_on(
    stage: Stage,
) -> None:
    stage.add_host(HOST, handles=4)
    bound, free = stage.create_arqs()[0], stage.create_arqs()[0]
    assert stage.bind([bound], HOST).status == 202
    device = stage.call("GET", "/v2/devices").json["devices"][0]["uuid"]
    listed = stage.call("GET", "/v2/attach_handles?state=free", version=NEWEST).json
    handle = listed["attach_handles"][0]["uuid"]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        url = f"rabbit://a:b@127.0.0.1:{nobody.getsockname()[1]}/"
        away = ConductorClient(make_transport(make_config([], files=[]), url), 0.5, Waiting(10, 10))
        object.__setattr__(stage, "conductor", away)
        for cached in ("services", "app"):
            stage.__dict__.pop(cached)
        reason = {"state": "quarantined", "reason": "a test"}
        calls: list[Callable[[], Answer]] = [
            lambda: stage.bind([free], HOST),
            lambda: stage.call("DELETE", f"/v2/accelerator_requests/{bound}", service=True),
            lambda: stage.call("DELETE", f"/v2/accelerator_requests?instance={UUID}", service=True),
            lambda: stage.call("POST", f"/v2/devices/{device}/disable"),
            lambda: stage.call("POST", f"/v2/devices/{device}/enable"),
            lambda: stage.call("PATCH", f"/v2/attach_handles/{handle}", reason, version=NEWEST),
            lambda: stage.call("DELETE", f"/v2/hosts/{HOST}", version=NEWEST),
        ]
        with ThreadPoolExecutor(len(calls)) as pool:
            answers = list(pool.map(lambda call: call(), calls))
        assert [answer.status for answer in answers] == [503] * len(answers)
        assert {answer.headers["Retry-After"] for answer in answers} == {"5"}
        for path in ("devices", "accelerator_requests", f"accelerator_requests/{bound}", "agents"):
            assert stage.call("GET", f"/v2/{path}", version=NEWEST).status == 200
        health = stage.call("GET", "/healthcheck?detail=true", token=None)
        assert health.json["checks"]["bus"] == {"status": "trouble", "code": "no_answer"}

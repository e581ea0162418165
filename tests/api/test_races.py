"""Many clients at once, on every kind of database."""

from __future__ import annotations

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cyborg_rr.db.tables import AttachHandleRow
from cyborg_rr.domain.hardware.devices import Snapshot
from tests.api.stage import NEWEST, Stage
from tests.builders import make_device

CLIENTS, HANDLES = 16, 8


def test_sixteen_clients_race_for_eight_handles(tmp_path: Path, database_url: str) -> None:
    stage = Stage(tmp_path, database__connection=database_url)
    stage.add_host("compute-1", devices=1, handles=HANDLES)
    arqs = stage.create_arqs(stage.create_profile([{"resources:PGPU": str(CLIENTS)}]))
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda arq: stage.bind([arq], "compute-1"), arqs))
    assert Counter(answer.status for answer in answers) == {202: HANDLES, 404: CLIENTS - HANDLES}
    listed = stage.call("GET", "/v2/accelerator_requests").json["arqs"]
    bound = [row for row in listed if row["state"] == "Bound"]
    assert len(bound) == HANDLES
    assert len({row["attach_handle_uuid"] for row in bound}) == HANDLES
    with ThreadPoolExecutor(CLIENTS) as pool:
        gone = list(
            pool.map(
                lambda arq: stage.call("DELETE", f"/v2/accelerator_requests/{arq}", service=True),
                arqs,
            )
        )
    assert {answer.status for answer in gone} == {204}
    with stage.database.reading() as session:
        assert {row.state for row in session.query(AttachHandleRow)} == {"free"}
    stage.close()


def test_one_instance_gets_its_requests_from_one_call_only(
    tmp_path: Path, database_url: str
) -> None:
    stage = Stage(tmp_path, database__connection=database_url)
    stage.add_host("compute-1", devices=1, handles=HANDLES)
    arqs = stage.create_arqs(stage.create_profile([{"resources:PGPU": str(HANDLES)}]))
    instance = str(uuid.uuid4())
    with ThreadPoolExecutor(HANDLES) as pool:
        answers = list(
            pool.map(lambda arq: stage.bind([arq], "compute-1", instance_uuid=instance), arqs)
        )
    assert Counter(answer.status for answer in answers) == {202: 1, 400: HANDLES - 1}
    stage.close()


def test_of_equal_profiles_created_at_once_one_is_stored(tmp_path: Path, database_url: str) -> None:
    stage = Stage(tmp_path, database__connection=database_url)
    body = [{"name": "same", "groups": [{}]}]
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(
            pool.map(lambda _n: stage.call("POST", "/v2/device_profiles", body), range(CLIENTS))
        )
    assert Counter(answer.status for answer in answers) == {201: 1, 409: CLIENTS - 1}
    stage.close()


def test_calls_that_have_one_handle_cleaned_again_agree(tmp_path: Path, database_url: str) -> None:
    stage = Stage(tmp_path, database__connection=database_url)
    stage.add_host("compute-1")
    stage.conductor.agents.unreachable.add("compute-1")  # so that it stays dirty
    (handle,) = stage.call("GET", "/v2/attach_handles", version=NEWEST).json["attach_handles"]
    url = f"/v2/attach_handles/{handle['uuid']}"
    for _ in range(4):
        body = {"state": "quarantined", "reason": "a feeling"}
        assert stage.call("PATCH", url, body, version=NEWEST).status == 200
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(
                pool.map(
                    lambda _n: stage.call("PATCH", url, {"state": "dirty"}, version=NEWEST),
                    range(CLIENTS),
                )
            )
        assert Counter(answer.status for answer in answers) == {200: CLIENTS}
    stage.close()


def test_attributes_are_added_while_their_host_is_removed(
    tmp_path: Path, database_url: str
) -> None:
    stage = Stage(tmp_path, database__connection=database_url)

    def add(uuid: str) -> int:
        body = {"deployable_id": uuid, "key": "key", "value": "value"}
        return stage.call("POST", "/v2/attributes", body).status

    seen: Counter[int] = Counter()
    for _ in range(8):
        stage.add_host("compute-1", devices=8)
        parts = [each["uuid"] for each in stage.call("GET", "/v2/deployables").json["deployables"]]
        with ThreadPoolExecutor(CLIENTS) as pool:
            added = pool.map(add, parts * 2)
            gone = pool.submit(stage.call, "DELETE", "/v2/hosts/compute-1", version=NEWEST)
            seen.update([*added, gone.result().status])
    assert seen.keys() <= {201, 204, 404}
    stage.close()


def test_a_host_is_not_removed_by_a_longer_name(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    name = "x" * 255
    stage.conductor.add_host(Snapshot(name, (make_device("y", 0),)))
    assert stage.call("DELETE", f"/v2/hosts/{name}y", version=NEWEST).status == 404
    assert stage.call("GET", f"/v2/hosts/{name}", version=NEWEST).status == 200
    stage.close()

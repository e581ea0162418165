"""A Nova that is down, slow, endless or talks rubbish: bounded, and told in a line."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from cyborg_rr.domain.requests import EventStatus, InstanceEvent
from cyborg_rr.outside.calling import Code, OutsideTrouble
from cyborg_rr.outside.nova.client import Need, NovaClient
from tests.fakes.hostile_http import ANSWERS, serve
from tests.fakes.nova import FakeNova
from tests.fakes.serving import serving
from tests.nova.conftest import make_client
from tests.patience import without_waiting

INSTANCE = str(uuid.UUID(int=1, version=4))
EVENT = InstanceEvent(str(uuid.UUID(int=2, version=4)), INSTANCE, EventStatus.COMPLETED)


@pytest.mark.parametrize("call", ["send", "find_need", "check_sees_all"])
@pytest.mark.parametrize("name", ANSWERS)
def test_a_call_of_a_server_like_this_ends_soon_and_says_why(
    name: str, call: str, tmp_path: Path
) -> None:
    answer, code = ANSWERS[name]
    with serve(answer) as url:
        client = make_client(url, tmp_path, seconds=0.5, max_bytes=1 << 17)
        with without_waiting(), pytest.raises(OutsideTrouble) as caught:
            _make(client, call)
    assert caught.value.code == code, str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert "<html>" not in str(caught.value)


def _make(client: NovaClient, call: str) -> None:
    if call == "send":
        client.send([EVENT])
    elif call == "find_need":
        client.find_need(INSTANCE)
    else:
        client.check_sees_all()


@pytest.mark.parametrize(
    "document",
    [
        None,
        {"events": None},
        {"events": [None]},
        {"events": [{"tag": EVENT.arq_uuid}]},
        {"events": [{"tag": EVENT.arq_uuid, "code": "200"}]},
        {"events": [{"tag": 7, "code": 200}]},
        {"events": {"tag": EVENT.arq_uuid, "code": 200}},
    ],
    ids=json.dumps,
)
def test_an_answer_of_another_shape_says_nothing_of_events(
    document: object, tmp_path: Path
) -> None:
    nova = FakeNova(after=lambda *_: ("200 OK", document))
    with serving(nova) as url, pytest.raises(OutsideTrouble) as caught:
        make_client(url, tmp_path).send([EVENT])
    assert caught.value.code is Code.RUBBISH


def test_only_novas_own_word_says_that_an_instance_is_gone(tmp_path: Path) -> None:
    nova = FakeNova({INSTANCE: None})
    with serving(nova) as url:
        client = make_client(url, tmp_path)
        assert client.find_need(INSTANCE) is Need.HAS
        assert client.find_need(str(uuid.uuid4())) is Need.GONE
        for document in (
            {"message": "not found"},
            {"itemNotFound": "gone"},
            [],
            {"other": {"code": 404, "message": "?"}},
        ):
            nova.after = lambda *_, document=document: ("404 Not Found", document)  # type: ignore[misc]
            with pytest.raises(OutsideTrouble) as caught:
                client.find_need(INSTANCE)
            assert caught.value.code is Code.MISSING
        nova.after = lambda *_: ("200 OK", {"server": {"id": str(uuid.uuid4())}})
        with pytest.raises(OutsideTrouble):
            client.find_need(INSTANCE)


@pytest.mark.parametrize(
    ("state", "need"),
    [
        (("shelved_offloaded", None), Need.OFFLOADED),
        (("shelved_offloaded", "unshelving"), Need.HAS),
        (("shelved", None), Need.HAS),
        (("active", None), Need.HAS),
        (("soft-delete", None), Need.HAS),
        (("error", None), Need.HAS),
    ],
)
def test_an_instance_needs_what_it_has_unless_it_is_on_no_host(
    state: tuple[str, str | None], need: Need, tmp_path: Path
) -> None:
    nova = FakeNova({INSTANCE: None}, {INSTANCE: state})
    with serving(nova) as url:
        assert make_client(url, tmp_path).find_need(INSTANCE) is need


def test_one_connection_is_kept_for_all_calls(tmp_path: Path) -> None:
    ports: set[str] = set()
    nova = FakeNova({INSTANCE: "host"})

    def remember(environ, start_response):  # type: ignore[no-untyped-def]
        ports.add(environ["REMOTE_PORT"])
        return nova(environ, start_response)

    with serving(remember) as url:
        client = make_client(url, tmp_path)
        for _ in range(5):
            client.send([EVENT])
    assert len(ports) == 1
    assert len(nova.posts) == 5


def test_whoever_sees_his_own_project_only_is_refused(tmp_path: Path) -> None:
    nova = FakeNova(is_admin=False)
    with serving(nova) as url, pytest.raises(OutsideTrouble) as caught:
        make_client(url, tmp_path).check_sees_all()
    assert caught.value.code is Code.REFUSED

"""Model files: read within limits, a few at a time, and gone afterwards."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import webob

from tests.api.stage import NEWEST, Answer, Stage

MODEL = (Path(__file__).parents[1] / "data" / "onnx" / "cnn.onnx").read_bytes()
OCTETS = {"Content-Type": "application/octet-stream"}
PATH = "/v2/ir_requirements"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """The directory for uploads, which has nothing else in it."""
    directory = tmp_path / "spool"
    directory.mkdir()
    return directory


@pytest.fixture
def reading(tmp_path: Path, spool: Path) -> Iterator[Stage]:
    """A service that reads one small file at a time."""
    stage = Stage(
        tmp_path,
        readers__spool_directory=str(spool),
        readers__max_file_bytes=2_000_000,
        readers__concurrent=1,
    )
    yield stage
    stage.close()


def upload(stage: Stage, data: bytes, query: str = "") -> Answer:
    """Post a model file."""
    return stage.call("POST", f"{PATH}{query}", data, version=NEWEST, headers=OCTETS)


def send(stage: Stage, **environ: Any) -> Any:
    """Post with an environment of one's own."""
    request = webob.Request.blank(PATH, method="POST")
    request.headers["X-Auth-Token"] = "admin"
    request.headers["OpenStack-API-Version"] = f"accelerator {NEWEST}"
    request.headers.update(OCTETS)
    request.environ.update(environ)
    return request.get_response(stage.app)


def test_the_hash_is_that_of_the_file_and_nothing_of_it_is_left(
    reading: Stage, spool: Path
) -> None:
    answer = upload(reading, MODEL, "?name=cnn.onnx")
    assert answer.status == 201
    assert answer.json["sha256"] == hashlib.sha256(MODEL).hexdigest()
    assert os.listdir(spool) == []


def test_a_file_that_cannot_be_read_leaves_nothing(reading: Stage, spool: Path) -> None:
    for data in (MODEL[:-100], b"\x00" * 100, b"", os.urandom(5000)):
        assert upload(reading, data).status == 400
    assert os.listdir(spool) == []
    assert reading.call("GET", PATH, version=NEWEST).json == {"ir_requirements": []}


def test_a_file_that_is_too_large_is_refused(reading: Stage) -> None:
    answer = send(reading, CONTENT_LENGTH="2000001", **{"wsgi.input": io.BytesIO(b"x" * 2000001)})
    assert answer.status_int == 413


def test_a_file_in_chunks_is_cut_off_at_the_limit(reading: Stage) -> None:
    endless = io.BytesIO(b"x" * 5_000_000)
    answer = send(reading, **{"wsgi.input": endless, "wsgi.input_terminated": True})
    assert answer.status_int == 413


def test_a_file_in_chunks_is_read(reading: Stage) -> None:
    answer = send(reading, **{"wsgi.input": io.BytesIO(MODEL), "wsgi.input_terminated": True})
    assert answer.status_int == 201


def test_a_file_that_breaks_off_is_refused(reading: Stage) -> None:
    answer = send(reading, CONTENT_LENGTH=str(len(MODEL) + 5), **{"wsgi.input": io.BytesIO(MODEL)})
    assert answer.status_int == 400
    assert b"5 bytes before its announced end" in answer.body


def test_one_file_more_than_are_read_at_a_time_is_told_to_wait(reading: Stage) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            begun.set()
            go_on.wait(30)
            return super().read(size)

    answers = []
    slow = {"wsgi.input": Slow(MODEL), "wsgi.input_terminated": True}
    thread = threading.Thread(target=lambda: answers.append(send(reading, **slow)))
    thread.start()
    assert begun.wait(30)
    busy = upload(reading, MODEL)
    assert (busy.status, busy.headers["Retry-After"]) == (503, "5")
    go_on.set()
    thread.join()
    assert answers[0].status_int == 201
    assert upload(reading, MODEL).status == 201


def test_a_file_that_takes_too_long_ends_its_reader_only(tmp_path: Path) -> None:
    stage = Stage(tmp_path, readers__cpu_seconds=1, readers__wall_seconds=5)
    text = b"module {\n  func.func @main() {\n" + b"((((" * 400_000
    assert upload(stage, text).status == 400
    assert stage.call("GET", "/v2/devices").status == 200
    stage.close()


def test_a_json_body_has_a_limit_of_its_own(stage: Stage) -> None:
    limit = stage.conf.api.max_body_bytes
    fits = b'["' + b"x" * (limit - 4) + b'"]'
    assert stage.call("POST", "/v2/device_profiles", fits).status == 400
    assert stage.call("POST", "/v2/device_profiles", fits + b" ").status == 413


def test_the_rest_of_a_refused_body_is_read_away(stage: Stage) -> None:
    rest = io.BytesIO(b"x" * 1_000_000)
    request = webob.Request.blank("/v2/nope", method="POST")
    request.environ.update({"wsgi.input": rest, "CONTENT_LENGTH": "1000000"})
    request.headers["X-Auth-Token"] = "admin"
    assert request.get_response(stage.app).status_int == 404
    assert rest.read() == b""

"""The module that WSGI servers load, and the API on a real server."""

from __future__ import annotations

import http.client
import select
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from cyborg_rr.wsgi.api import FILES_VARIABLE
from tests.api.stage import Stage
from tests.fakes.serving import serving
from tests.warm.starting import run_code


def test_importing_the_module_reads_no_configuration(tmp_path: Path) -> None:
    code = "from cyborg_rr.wsgi.api import application; assert callable(application)"
    environment = {FILES_VARIABLE: str(tmp_path / "missing.conf"), "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=60)


def ask(directory: Path, text: str, path: str) -> tuple[str, str]:
    """What a fresh process with that configuration answers (status and body), and what it logs."""
    common = f"[DEFAULT]\ntransport_url=fake://\n[database]\nconnection={url_of(directory)}\n"
    file = directory / "cyborg_rr.conf"
    file.write_text(common + text)
    code = (
        "import webob\nfrom cyborg_rr.wsgi.api import application\n"
        f"answer = webob.Request.blank({path!r}).get_response(application)\n"
        f"open({str(directory / 'answer')!r}, 'w').write(f'{{answer.status_int}} {{answer.text}}')"
    )
    done = run_code(code, {FILES_VARIABLE: str(file), "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    return (directory / "answer").read_text(), done.stdout + done.stderr


def url_of(directory: Path) -> str:
    """The database of a stage in that directory."""
    return f"sqlite:///{directory / 'cyborg_rr.sqlite'}"


def test_the_application_is_made_from_the_named_file_at_the_first_request(tmp_path: Path) -> None:
    Stage(tmp_path).close()  # makes the database
    assert ask(tmp_path, "", "/healthcheck")[0] == '200 {"database":"ok"}'
    assert ask(tmp_path, "", "/v2")[0].startswith('200 {"id": "v2.0"')


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("[api]\nport=high\n", "port"),
        ("[api]\nauth_strategy=noauth\n", "auth_strategy"),
        ("[database]\nmax_pool_size=many\n", "max_pool_size"),
        ("[catalogue]\nextra_paths=/nowhere/at/all\n", "/nowhere/at/all"),
    ],
)
def test_a_mistake_is_logged_and_told_as_unavailable(tmp_path: Path, text: str, cause: str) -> None:
    answer, logged = ask(tmp_path, text, "/v2")
    assert answer.startswith("503 ")
    assert cause in logged
    assert "Traceback" not in logged
    assert cause not in answer


def test_a_database_that_does_not_answer_is_told_as_unavailable(tmp_path: Path) -> None:
    text = "connection=mysql+pymysql://u:p@127.0.0.1:1/x\nmax_retries=0\n"
    (tmp_path / "fresh").mkdir()
    answer, logged = ask(tmp_path / "fresh", text, "/v2")
    assert answer.startswith("503 ")
    assert "127.0.0.1" in logged
    assert "Traceback" not in logged
    assert "127.0.0.1" not in answer


def test_a_connection_carries_the_next_request_after_a_refused_body(stage: Stage) -> None:
    with serving(stage.app) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        headers = {"X-Auth-Token": "admin", "Content-Type": "application/json"}
        for body in (b"x" * 3_000_000, b"{broken"):
            connection.request("POST", "/v2/device_profiles", body, headers)
            assert connection.getresponse().read()
        connection.request("GET", "/v2/device_profiles", headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b'{"device_profiles": []}')
        connection.close()


def test_head_and_empty_answers_keep_the_connection_in_step(stage: Stage) -> None:
    steps: list[tuple[str, str, int]] = [
        ("HEAD", "/v2/devices", 405),
        ("HEAD", "/healthcheck", 200),
        ("DELETE", "/v2/accelerator_requests?instance=99999999-2222-3333-4444-555555555555", 204),
        ("GET", "/v2/devices", 200),
    ]
    with serving(stage.app) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        headers = {"X-Auth-Token": "admin", "X-Service-Token": "nova"}
        for method, path, status in steps:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            assert (method, path, answer.status) == (method, path, status)
            answer.read()
        connection.close()


def test_chunks_that_are_none_end_the_connection(stage: Stage) -> None:
    """What follows them could otherwise pass for a request that nobody sent."""
    head = (
        b"POST /v2/device_profiles HTTP/1.1\r\nHost: x\r\nX-Auth-Token: admin\r\n"
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    smuggled = b"GET /v2/devices HTTP/1.1\r\nHost: x\r\nX-Auth-Token: admin\r\n\r\n"
    with serving(stage.app) as url:
        host, port = urlsplit(url).netloc.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(head + b"zz\r\nabcd\r\n0\r\n\r\n" + smuggled)
            received = b""
            while more := connection.recv(65536):
                received += more
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1


def test_slow_senders_of_long_bodies_take_few_places_and_are_told_to_come_back(
    stage: Stage,
) -> None:
    """Two may change something at a time, one of them may wait for its body, all may read."""
    head = b"POST /v2/device_profiles HTTP/1.1\r\nHost: x\r\nX-Auth-Token: %b\r\n"
    slow = b"Content-Type: application/json\r\nContent-Length: 200000\r\n\r\n[" + b" " * 70_000
    with ExitStack() as stack, serving(stage.app) as url:
        host, port = urlsplit(url).netloc.split(":")

        def send(token: bytes) -> socket.socket:
            made = socket.create_connection((host, int(port)), timeout=30)
            stack.enter_context(made).sendall(head % token + slow)
            return made

        sending = [send(b"admin") for _ in range(4)]
        refused = select.select(sending, [], [], 30)[0][0]
        answer = refused.recv(65536)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 5" in answer
        assert requests.get(f"{url}/healthcheck", timeout=30).status_code == 200
        for connection in sending:
            if connection is not refused:
                connection.shutdown(socket.SHUT_WR)
        first = {connection.recv(12) for connection in sending if connection is not refused}
        assert first <= {b"HTTP/1.1 400", b"HTTP/1.1 503"}
        assert send(b"nobody").recv(65536).startswith(b"HTTP/1.1 401 ")

"""Keystone that is away, hangs or answers nonsense: the API says so, in its own form."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import webob

from cyborg_rr.api.app import make_app
from cyborg_rr.api.layers import IDENTITY_SECONDS, make_layers
from tests.api.stage import Answer, Stage
from tests.fakes.serving import serving
from tests.servers.server import free_ports


def make_service(directory: Path, url: str, **options: object) -> Stage:
    """An API that would ask Keystone at that URL."""
    said: dict[str, object] = {
        "www_authenticate_uri": url,
        "auth_url": url,
        "auth_type": "password",
        "username": "service",
        "password": "secret",
        "user_domain_name": "Default",
        "project_name": "service",
        "project_domain_name": "Default",
        **options,
    }
    file = directory / "cyborg_rr.conf"
    lines = "\n".join(f"{name} = {value}" for name, value in said.items())
    file.write_text(f"[keystone_authtoken]\n{lines}\n")
    stage = Stage(directory, files=[str(file)])
    stage.__dict__["app"] = make_app(stage.services, make_layers(stage.conf, "keystone"))
    return stage


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Callable[..., Answer]]:
    """Ask for the devices, with Keystone at that URL."""
    with ExitStack() as stages:

        def ask(url: str, **options: object) -> Answer:
            stage = make_service(tmp_path, url, **options)
            stages.callback(stage.close)
            return stage.call("GET", "/v2/devices", token="some-token")

        yield ask


def refuses(answer: Answer) -> bool:
    """Whether it is the API's own 503, which says when to come again."""
    retry = answer.headers.get("Retry-After")
    told = answer.fault == "the identity service does not answer"
    return answer.status == 503 and told and retry is not None


def test_keystone_that_is_away(ask: Callable[..., Answer]) -> None:
    assert refuses(ask(f"http://127.0.0.1:{free_ports(1)[0]}/v3", http_request_max_retries=0))


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (200, "text/html", "<html>Log in</html>"),
        (503, "text/html", "<html>Busy</html>"),
        (500, "application/json", "{}"),
        (200, "application/json", "[1, 2"),
        (200, "application/json", '{"version": 5, "token": []}'),
        (200, "application/json", '{"version": {"id": "v3.14", "status": "stable", "links": 1}}'),
        (201, "application/json", '{"token": {"expires_at": null}}'),
        (204, "application/json", ""),
    ],
)
def test_keystone_that_answers_nonsense(
    ask: Callable[..., Answer], status: int, kind: str, body: str
) -> None:
    def keystone(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = webob.Response(status=status, content_type=kind, text=body, charset="utf8")
        result: Iterable[bytes] = answer(environ, start_response)
        return result

    with serving(keystone) as url:
        assert refuses(ask(f"{url}/v3"))


def test_keystone_that_hangs(ask: Callable[..., Answer]) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(50)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v3"
        assert refuses(ask(url, http_connect_timeout=1, http_request_max_retries=0))


def test_keystone_is_waited_for_so_long_unless_the_operator_says_otherwise(tmp_path: Path) -> None:
    stage = make_service(tmp_path, "http://127.0.0.1:1/v3")
    assert stage.conf.keystone_authtoken.http_connect_timeout == IDENTITY_SECONDS
    stage.close()

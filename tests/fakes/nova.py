"""A Nova that answers as the real one does: instances with and without hosts, external events.

Its answers are those of nova/api/openstack/compute/server_external_events.py of Nova 34.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

EVENTS = "/os-server-external-events"
TOKEN = "token-of-cyborg"
_EVENT_KEYS = {"name", "server_uuid", "tag", "status"}


@dataclass
class FakeNova:
    """The compute API for our service user, and what reaches nova-compute through it.

    ``hosts`` has the instances, each with its host (None: nobody builds it yet), ``states`` its
    state and what is done to it, where that matters. ``before`` and ``after`` are called with
    method and path around an answer, and may give another one. Requests have one of ``tokens``.
    """

    hosts: dict[str, str | None] = field(default_factory=dict)
    states: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    is_admin: bool = True
    posts: list[list[dict[str, str]]] = field(default_factory=list)
    arrived: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    paths: list[str] = field(default_factory=list)
    before: Callable[[str, str], tuple[str, Any] | None] = lambda _method, _path: None
    after: Callable[[str, str], tuple[str, Any] | None] = lambda _method, _path: None
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """WSGI."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = json.loads(environ["wsgi.input"].read(size)) if size else None
        answer = self.before(method, path) or self._answer(environ, method, path, body)
        status, document = self.after(method, path) or answer
        start_response(status, [("Content-Type", "application/json; charset=UTF-8")])
        return [json.dumps(document).encode()]

    def _answer(
        self, environ: dict[str, Any], method: str, path: str, body: Any
    ) -> tuple[str, Any]:
        self.paths.append(f"{method} {path}")
        path = path.removeprefix("/v2.1")
        if environ.get("HTTP_X_AUTH_TOKEN") not in self.tokens:
            return _error("401 Unauthorized", "unauthorized")
        if environ.get("HTTP_OPENSTACK_API_VERSION") != "compute 2.82":
            return _error("400 Bad Request", "badRequest")  # as for an event that it knows not
        if (method, path) == ("POST", EVENTS):
            return self._take(body["events"])
        if method == "GET" and path == "/servers":
            wants_all = "all_tenants" in parse_qs(environ["QUERY_STRING"])
            if wants_all and not self.is_admin:
                return _error("403 Forbidden", "forbidden")
            return "200 OK", {"servers": [{"id": uuid} for uuid in sorted(self.hosts)[:1]]}
        if method == "GET" and path.startswith("/servers/"):
            return self._show(path.removeprefix("/servers/"))
        return "404 Not Found", {"message": "The resource could not be found."}

    def _show(self, uuid: str) -> tuple[str, Any]:
        self.asked.append(uuid)
        if uuid not in self.hosts or not self.is_admin:
            return _error("404 Not Found", "itemNotFound")
        vm_state, task_state = self.states.get(uuid, ("active", None))
        server = {
            "id": uuid,
            "OS-EXT-SRV-ATTR:host": self.hosts[uuid],
            "OS-EXT-STS:vm_state": vm_state,
            "OS-EXT-STS:task_state": task_state,
        }
        return "200 OK", {"server": server}

    def _take(self, events: list[dict[str, str]]) -> tuple[str, Any]:
        for event in events:
            if event.keys() - _EVENT_KEYS or event["status"] not in ("completed", "failed"):
                return _error("400 Bad Request", "badRequest")
        with self._changed:
            self.posts.append(events)
            answered = [self._take_one(event) for event in events]
            self._changed.notify_all()
        is_whole = all(event["code"] == 200 for event in answered)
        return "200 OK" if is_whole else "207 Multi-Status", {"events": answered}

    def _take_one(self, event: dict[str, str]) -> dict[str, Any]:
        if event["server_uuid"] not in self.hosts:
            return {**event, "status": "failed", "code": 404}
        if not event.get("tag"):
            return {**event, "status": "failed", "code": 400}
        if self.hosts[event["server_uuid"]] is None:
            return {**event, "status": "failed", "code": 422}
        self.arrived[event["tag"]] = event["status"]
        return {**event, "status": "completed", "code": 200}

    def wait_for(self, arqs: set[str], seconds: float) -> dict[str, str]:
        """As nova-compute: the status of each event, once all are there; ``TimeoutError``."""
        with self._changed:
            if not self._changed.wait_for(lambda: arqs <= self.arrived.keys(), seconds):
                raise TimeoutError(f"no event for {sorted(arqs - self.arrived.keys())}")
            return {arq: self.arrived[arq] for arq in arqs}


def _error(status: str, name: str) -> tuple[str, Any]:
    code, _, reason = status.partition(" ")
    return status, {name: {"code": int(code), "message": f"{reason}."}}

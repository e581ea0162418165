"""Calls of other services: bounded in time and bytes, and told of in our own words.

A service that is down, slow, endless or that answers rubbish costs a call its seconds and no more.
Retrying is the caller's business.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import urlsplit

import requests
from keystoneauth1 import exceptions, loading
from keystoneauth1.adapter import Adapter
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from cyborg_rr.domain.errors import InvalidInput

MAX_TEXT = 300
"""How much is told of what another service says."""

_CHUNK = 64 * 1024


class Code(StrEnum):
    """Why a call came to nothing."""

    UNREACHABLE = "unreachable"
    SLOW = "slow"
    REFUSED = "refused"
    TOO_OLD = "too_old"
    MISSING = "missing"
    CONFLICT = "conflict"
    INVALID = "invalid"
    FAILED = "failed"
    RUBBISH = "rubbish"


_BY_STATUS: Mapping[int, Code] = {
    401: Code.REFUSED,
    403: Code.REFUSED,
    404: Code.MISSING,
    406: Code.TOO_OLD,
    409: Code.CONFLICT,
}


class OutsideTrouble(Exception):
    """A call of another service failed; ``detail`` is that service's own code of the cause."""

    def __init__(self, service: str, code: Code, text: str, detail: str | None = None) -> None:
        super().__init__(service, code, text, detail)
        self.service = service
        self.code = code
        self.text = " ".join(text.split())[:MAX_TEXT]
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.service} ({self.code}): {self.text}"


def _render_unconnected(error: BaseException) -> str | None:
    """Where nothing could be connected to, and the system's word for it; None if it has none.

    The text of the error says so after what the libraries between call themselves.
    """
    url: str | None = None
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, requests.RequestException) and cause.request is not None:
            url = str(cause.request.url)
        if isinstance(cause, OSError) and cause.strerror and url is not None:
            where = urlsplit(url)
            place = f"{where.scheme}://{where.netloc.rpartition('@')[2]}{where.path}"
            return f"cannot connect to {place}: {cause.strerror}"
        cause = cause.__cause__ or cause.__context__
    return None


class Caller:
    """Calls one service with our credentials; ``seconds`` bounds each call, tokens included."""

    def __init__(
        self, adapter: Adapter, service: str, *, seconds: float, microversion: str | None = None
    ) -> None:
        self.service = service
        self._adapter = adapter
        self._seconds = seconds
        self._microversion = microversion

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The JSON of the answer (None where it has none); ``OutsideTrouble`` for any other."""
        with _deadline(self._seconds) as deadline:
            try:
                answer = self._adapter.request(
                    path,
                    method,
                    json=body,
                    params=query,
                    headers={"Accept": "application/json"},
                    microversion=self._microversion,
                    raise_exc=False,
                    redirect=False,
                )
            except exceptions.ClientException as error:
                raise self._describe(error, deadline) from error
        if answer.status_code >= 300:
            raise self._refuse(answer)
        return self._parse(answer) if answer.content else None

    def _describe(self, error: exceptions.ClientException, deadline: _Deadline) -> OutsideTrouble:
        if deadline.has_passed:
            text = f"it did not answer within {self._seconds:g} s"
            return OutsideTrouble(self.service, Code.SLOW, text)
        if deadline.is_overfull:
            return OutsideTrouble(self.service, Code.RUBBISH, "its answer is too large")
        unconnected = _render_unconnected(error)
        if unconnected is not None:
            return OutsideTrouble(self.service, Code.UNREACHABLE, unconnected)
        text = f"Keystone: {error}" if isinstance(error, exceptions.HttpError) else str(error)
        return OutsideTrouble(self.service, _code_of(error), text)

    def _parse(self, answer: requests.Response) -> Any:
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError):
            text = f"it answered {answer.status_code} with what is no JSON"
            raise OutsideTrouble(self.service, Code.RUBBISH, text) from None

    def _refuse(self, answer: requests.Response) -> OutsideTrouble:
        status = answer.status_code
        otherwise = Code.FAILED if status >= 500 else Code.INVALID
        code = Code.RUBBISH if status < 400 else _BY_STATUS.get(status, otherwise)
        text, detail = _read_error(answer)
        return OutsideTrouble(self.service, code, f"{status} {text}", detail)


def make_caller(
    conf: Any,
    group: str,
    service: str,
    *,
    seconds: float,
    max_bytes: int,
    microversion: str | None = None,
) -> Caller | None:
    """The caller that an option group describes; None where it names no way to authenticate.

    ``InvalidInput`` names the group on a mistake in it.
    """
    try:
        auth = loading.load_auth_from_conf_options(conf, group)
        if auth is None:
            return None
        session = loading.load_session_from_conf_options(
            conf, group, auth=auth, session=_BoundedSession(max_bytes)
        )
        adapter = loading.load_adapter_from_conf_options(conf, group, session=session, auth=auth)
    except exceptions.ClientException as error:
        raise InvalidInput(f"options of group [{group}]: {error}") from error
    return Caller(adapter, service, seconds=seconds, microversion=microversion)


def _code_of(error: exceptions.ClientException) -> Code:
    if isinstance(error, exceptions.HttpError):  # on the way to a token: nobody's 404 but its own
        return Code.FAILED if (error.http_status or 500) >= 500 else Code.REFUSED
    if isinstance(error, exceptions.ConnectTimeout):
        return Code.SLOW
    if isinstance(error, exceptions.ConnectionError | exceptions.CatalogException):
        return Code.UNREACHABLE
    if isinstance(error, exceptions.EndpointNotFound):
        return Code.UNREACHABLE
    if isinstance(error, exceptions.AuthorizationFailure | exceptions.AuthPluginException):
        return Code.REFUSED
    return Code.RUBBISH


def _read_error(answer: requests.Response) -> tuple[str, str | None]:
    """What a service says of an error, by the rules of the API working group, and its code.

    Nova's errors are older than these: one object, under the name of the error.
    """
    try:
        document = json.loads(answer.content)
        if "errors" in document:
            error = document["errors"][0]
            return str(error.get("detail") or error.get("title") or ""), _text(error.get("code"))
        ((name, error),) = document.items()
        return str(error["message"]), name
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return f"with {answer.headers.get('Content-Type') or 'no content'}", None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


@dataclass
class _Deadline:
    """When the call of this thread ends, whatever its connection does."""

    ends_at: float
    has_passed: bool = False
    is_overfull: bool = False
    connection: HTTPConnection | None = None

    def end(self) -> None:
        """Cut the connection, so that whoever reads from it or writes to it wakes."""
        self.has_passed = True
        sock = None if self.connection is None else self.connection.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(SHUT_RDWR)


_of_thread = threading.local()


@contextmanager
def _deadline(seconds: float) -> Iterator[_Deadline]:
    deadline = _Deadline(time.monotonic() + seconds)
    timer = threading.Timer(seconds, deadline.end)
    timer.daemon = True
    timer.start()
    _of_thread.deadline = deadline
    try:
        yield deadline
    finally:
        timer.cancel()
        _of_thread.deadline = None


def _find_deadline() -> _Deadline | None:
    return getattr(_of_thread, "deadline", None)


class _BoundedSession(requests.Session):
    """Reads at most so many bytes of an answer, and only as long as its call lasts."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self._max_bytes = max_bytes
        self.headers["Accept-Encoding"] = "identity"  # few bytes cannot become many
        for scheme in ("http://", "https://"):
            self.mount(scheme, _WatchedAdapter())

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """As requests does, with the content read."""
        deadline = _find_deadline()
        if deadline is not None:
            options["timeout"] = max(deadline.ends_at - time.monotonic(), 0.001)
        answer = super().send(request, **{**options, "stream": True})
        content = bytearray()
        for chunk in answer.iter_content(_CHUNK):
            content += chunk
            if len(content) > self._max_bytes:
                if deadline is not None:
                    deadline.is_overfull = True
                answer.close()
                raise requests.exceptions.ContentDecodingError("the answer is too large")
        if deadline is not None and deadline.has_passed:
            raise requests.exceptions.Timeout("the answer was cut")
        answer._content = bytes(content)
        return answer


class _WatchedConnection(HTTPConnection):
    def request(self, *arguments: Any, **options: Any) -> None:
        _watch(self)
        super().request(*arguments, **options)


class _WatchedSecureConnection(HTTPSConnection):
    def request(self, *arguments: Any, **options: Any) -> None:
        _watch(self)
        super().request(*arguments, **options)


def _watch(connection: HTTPConnection) -> None:
    deadline = _find_deadline()
    if deadline is not None:
        deadline.connection = connection


class _WatchedPool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _WatchedSecurePool(HTTPSConnectionPool):
    ConnectionCls = _WatchedSecureConnection


class _WatchedAdapter(HTTPAdapter):
    """Connections that a deadline can cut, straight or through a proxy."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        _use_watched(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        _use_watched(manager)
        return manager


def _use_watched(manager: Any) -> None:
    manager.pool_classes_by_scheme = {"http": _WatchedPool, "https": _WatchedSecurePool}

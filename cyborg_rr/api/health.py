"""GET /healthcheck: whether this process can work, for load balancers; no token is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import webob
from oslo_db import exception as db_exception

from cyborg_rr.api.request.caller import Environ
from cyborg_rr.api.request.errors import MethodNotAllowed, make_fault, report_lost_database
from cyborg_rr.db.engine import Database, ping

PATH = "/healthcheck"
METHODS = ("GET", "HEAD")


class Health:
    """Answers /healthcheck."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        result: Iterable[bytes] = self._answer(environ["REQUEST_METHOD"])(environ, start_response)
        return result

    def _answer(self, method: str) -> Any:
        if method not in METHODS:
            return make_fault(MethodNotAllowed(method, METHODS))
        try:
            with self._database.reading() as session:
                ping(session)
        except db_exception.DBError as error:
            return make_fault(report_lost_database(error))
        return webob.Response(json={"database": "ok"}, charset=None)

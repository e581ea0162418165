"""GET /healthcheck: whether this process can work, for load balancers; no token is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import webob
from oslo_db import exception as db_exception
from oslo_log import log

from cyborg_rr.api.barrier import make_fault
from cyborg_rr.api.context import Environ, Wsgi
from cyborg_rr.api.errors import MethodNotAllowed, OutOfService
from cyborg_rr.db.engine import Database, ping

LOG = log.getLogger(__name__)

PATH = "/healthcheck"
METHODS = ("GET", "HEAD")


class Health:
    """Answers /healthcheck and passes everything else on."""

    def __init__(self, app: Wsgi, database: Database) -> None:
        self._app = app
        self._database = database

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").removesuffix("/") != PATH:
            return self._app(environ, start_response)
        result: Iterable[bytes] = self._answer(environ["REQUEST_METHOD"])(environ, start_response)
        return result

    def _answer(self, method: str) -> Any:
        if method not in METHODS:
            return make_fault(MethodNotAllowed(method, METHODS))
        try:
            with self._database.reading() as session:
                ping(session)
        except db_exception.DBError as error:
            LOG.error("The database does not answer: %s", error)
            return make_fault(OutOfService("the database does not answer"))
        return webob.Response(json={"database": "ok"}, charset=None)

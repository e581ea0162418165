"""The API for a WSGI server: ``cyborg_rr.wsgi.api:application``.

Importing this module reads nothing. The application is made when the first request comes, which is
in the worker process: connections of a parent would not survive its fork.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

from oslo_log import log

from cyborg_rr.api.request.caller import Environ, Wsgi
from cyborg_rr.api.request.errors import OutOfService, make_fault
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.processes.api import make_hosted_api
from cyborg_rr.processes.dependencies import naming_dependencies

LOG = log.getLogger(__name__)

FILES_VARIABLE = "OS_CYBORG_RR_CONFIG_FILES"
"""Configuration files, separated by commas; without it the usual places are searched."""


class Application:
    """Passes requests to the API, which it makes from the configuration at the first one."""

    def __init__(self, make: Callable[[], Wsgi]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._app: Wsgi | None = None

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            app = self._get()
        except CyborgError as error:
            LOG.error("The API cannot start: %s", error)
            answer = make_fault(OutOfService("the service could not start; its log says why"))
            result: Iterable[bytes] = answer(environ, start_response)
            return result
        return app(environ, start_response)

    def _get(self) -> Wsgi:
        with self._lock:
            if self._app is None:
                self._app = self._make()
            return self._app


@naming_dependencies()
def make_from_environment() -> Wsgi:
    """The API as the configuration files say; ``CyborgError`` for a mistake."""
    files = os.environ.get(FILES_VARIABLE)
    return make_hosted_api(files.split(",") if files else None)


application = Application(make_from_environment)

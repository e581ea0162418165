"""What clients look up in compute and image services before they call this one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import webob


class Elsewhere:
    """Has every server and every image that is asked for by uuid."""

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        request = webob.Request(environ)
        result: Iterable[bytes] = self._answer(request)(environ, start_response)
        return result

    def _answer(self, request: Any) -> Any:
        *before, uuid = request.path_info.strip("/").split("/")
        if before[-1:] == ["servers"]:
            return webob.Response(json={"server": {"id": uuid, "name": "one"}})
        if before[-1:] == ["images"]:
            return webob.Response(json={"id": uuid, "name": "one", "status": "active"})
        links = [{"rel": "self", "href": request.url}]
        version = {"id": "v2.1", "status": "CURRENT", "version": "", "min_version": ""}
        return webob.Response(json={"version": {**version, "links": links}})

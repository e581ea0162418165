"""GET / and GET /v2: which versions there are."""

from __future__ import annotations

from typing import Any

from cyborg_rr.api.request.answer import Call, Reply
from cyborg_rr.api.request.path import Route
from cyborg_rr.api.request.version import MAXIMUM, MINIMUM
from cyborg_rr.api.services import Services

NAME = "OpenStack Cyborg API"
"""The name that clients of the accelerator v2 API know."""
DESCRIPTION = (
    "cyborg_rr manages accelerators and tells which of them can compile and run a given model."
)


class Versions:
    """Discovery, open to everybody."""

    def __init__(self, _services: Services) -> None:
        self.routes = (
            Route("GET", "", self.list_versions, rule=None),
            Route("GET", "v2", self.show_version, rule=None),
        )

    def list_versions(self, call: Call) -> Reply:
        """All major versions, of which there is one."""
        version = _render("v2", call.links.version())
        return Reply(
            200,
            {
                "name": NAME,
                "description": DESCRIPTION,
                "versions": [version],
                "default_version": version,
            },
        )

    def show_version(self, call: Call) -> Reply:
        """The one major version."""
        return Reply(200, _render("v2.0", call.links.version() + "/"))


def _render(name: str, url: str) -> dict[str, Any]:
    return {
        "id": name,
        "status": "CURRENT",
        "max_version": str(MAXIMUM),
        "min_version": str(MINIMUM),
        "links": [{"href": url, "rel": "self"}],
    }

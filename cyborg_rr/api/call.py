"""One request as a controller sees it, and what the controller answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cyborg_rr.api.body import Body
from cyborg_rr.api.context import Context
from cyborg_rr.api.links import Links
from cyborg_rr.api.microversion import Version
from cyborg_rr.api.query import Query


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed routing, version negotiation and its policy rule.

    ``check_object`` holds the rule against an object's own project once that is known, and
    ``passes`` tells whether the caller would pass another rule.
    """

    context: Context
    version: Version
    path: Mapping[str, str]
    query: Query
    body: Body
    links: Links
    read_json: Callable[[], Any]
    check_object: Callable[[str | None], None]
    passes: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, JSON document (None: no body) and headers beyond the usual ones."""

    status: int = 200
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

"""What a controller is given and gives back: the call, the reply, and what replies are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import webob

from cyborg_rr.api.request.body import Body
from cyborg_rr.api.request.caller import Caller
from cyborg_rr.api.request.query import (
    NESTED_PARAMETERS,
    PAGE_PARAMETERS,
    Filter,
    Parameter,
    Query,
    Wanted,
    read_wanted,
)
from cyborg_rr.api.request.version import Version

OpenSession = Callable[[], AbstractContextManager[Any]]
"""Opens a session of the database for queries."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Links:
    """Makes URLs below the service's root: [api] public_endpoint, or where the request came in."""

    root: str

    def version(self) -> str:
        """The URL of the API."""
        return f"{self.root}/v2"

    def item(self, collection: str, key: str) -> str:
        """The URL of one object."""
        return f"{self.root}/v2/{collection}/{quote(key, safe='')}"

    def own(self, collection: str, key: str) -> list[dict[str, str]]:
        """The ``links`` of an object."""
        return [{"href": self.item(collection, key), "rel": "self"}]

    def bookmark(self, collection: str, key: str) -> dict[str, str]:
        """A link without version, as deployables have one."""
        return {"href": f"{self.root}/{collection}/{quote(key, safe='')}", "rel": "bookmark"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API, which passed routing, version negotiation and its policy rule.

    ``check_object`` holds the rule against an object's own project once that is known, and
    ``passes`` tells whether the caller would pass another rule.
    """

    caller: Caller
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


@dataclass(frozen=True, slots=True)
class ListOf(Generic[Item]):
    """A list of the API, declared: from this follow its parameters, its query and its answer.

    ``read`` takes a session, the page and the value of each filtered field. A row names itself to
    the next page by its ``key``. A list that is ``of_project`` shows only what the caller may see;
    ``takes_nested`` is for the lists that have nested filters in the existing service.
    """

    collection: str
    read: Callable[..., Sequence[Item]]
    render: Callable[[Item, Call], dict[str, Any]]
    filters: tuple[Filter, ...] = ()
    key: str = "uuid"
    envelope: str | None = None
    of_project: bool = False
    takes_nested: bool = False

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The query parameters of the list."""
        nested = NESTED_PARAMETERS if self.takes_nested else ()
        return (*self.filters, *nested, *PAGE_PARAMETERS)

    def read_wanted(self, call: Call) -> Wanted:
        """What the call asks of this list."""
        return read_wanted(call.query, self.filters, takes_nested=self.takes_nested)

    def answer(self, open_session: OpenSession, call: Call) -> Reply:
        """The rows that the call asks for."""
        wanted = self.read_wanted(call)
        where = dict(wanted.where)
        if self.of_project:
            where["project_id"] = call.caller.only_project
        with open_session() as session:
            rows = self.read(session, page=wanted.page, **where)
        return self.reply(call, rows, wanted)

    def reply(self, call: Call, rows: Sequence[Item], wanted: Wanted) -> Reply:
        """The rows in their envelope; when more follow, with a link to them.

        The link stands in the ``Link`` header and in the body: openstacksdk fails on the header
        (it looks for a member that requests does not give) unless it found the link in the body.
        """
        envelope = self.envelope or self.collection
        headers = {}
        links = {}
        if wanted.limit is not None and len(rows) > wanted.limit:
            rows = rows[: wanted.limit]
            pairs = [pair for pair in call.query.list_pairs() if pair[0] != "marker"]
            following = urlencode([*pairs, ("marker", getattr(rows[-1], self.key))])
            url = f"{call.links.root}/v2/{self.collection}?{following}"
            headers["Link"] = f'<{url}>; rel="next"'
            links = {f"{envelope}_links": [{"rel": "next", "href": url}]}
        return Reply(200, {envelope: [self.render(row, call) for row in rows], **links}, headers)


def render_time(moment: datetime | None) -> str | None:
    """ISO 8601 to the second with the offset of UTC, which is what the database keeps."""
    return None if moment is None else _to_seconds(moment).isoformat()


def render_time_with_space(moment: datetime | None) -> str:
    """The form that device-profile show has up to 2.3: a space, and the text None for no time."""
    return "None" if moment is None else str(_to_seconds(moment))


def _to_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0, tzinfo=UTC)


def render_reply(reply: Reply) -> Any:
    """The reply as HTTP."""
    if reply.document is None:
        response = webob.Response(status=reply.status)
        response.content_type = None
    else:
        response = webob.Response(
            status=reply.status,
            body=json.dumps(reply.document).encode(),
            content_type="application/json",
            charset=None,
        )
    response.headers.update(reply.headers)
    return response

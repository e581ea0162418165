"""Lists in pages: what the caller asks for, and the link to what comes next.

There is no default page size: the scheduler reads one page and expects all in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import urlencode

from cyborg_rr.api.call import Call, Reply
from cyborg_rr.api.query import Parameter, parse_number
from cyborg_rr.db.paging import Page
from cyborg_rr.domain.errors import InvalidInput

MAX_LIMIT = 1000
"""A larger limit is cut to this; the answer then links to the rest."""

PAGE_PARAMETERS = tuple(Parameter(name) for name in ("limit", "marker", "sort_key", "sort_dir"))
FILTER_PARAMETERS = (Parameter("filters.field"), Parameter("filters.value"))
_FILTER_FIELDS = frozenset(
    {"parent_uuid", "root_uuid", "board", "availability", "interface_type", "instance_uuid"}
    | {"limit", "marker", "sort_key", "sort_dir", "name"}
)
_DIRECTIONS = {"asc": False, "desc": True}

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The page a caller wants; ``page`` asks for one row more, which tells whether more follow."""

    page: Page
    limit: int | None


def read_page(call: Call, *, newest_first: bool = False) -> Wanted:
    """The page that the query asks for.

    ``newest_first`` is the order where the caller names none.
    """
    query = call.query
    limit = query.find_number("limit", 1)
    return _make(
        limit=limit,
        marker=query.find("marker"),
        sort_key=query.find("sort_key"),
        sort_dir=query.find("sort_dir"),
        newest_first=newest_first,
    )


def read_filters(call: Call) -> dict[str, str]:
    """The pairs of repeated ``filters.field`` and ``filters.value``; the last of a name wins."""
    fields = call.query.list_all("filters.field")
    values = call.query.list_all("filters.value")
    if len(fields) != len(values):
        raise InvalidInput("each filters.field needs one filters.value")
    for name in fields:
        if name not in _FILTER_FIELDS:
            raise InvalidInput(
                f"filters.field {name[:100]!r} is not one of {', '.join(sorted(_FILTER_FIELDS))}"
            )
    return dict(zip(fields, values, strict=True))


def read_filtered_page(call: Call, filters: dict[str, str], *, filtered: bool) -> Wanted:
    """The page of a list that also takes nested filters; with any filter the newest come first.

    Of the nested form limit, sort_key and sort_dir have an effect and the rest has none, as in
    the existing service.
    """
    wanted = read_page(call, newest_first=filtered)
    if not filters:
        return wanted
    limit = filters.get("limit")
    return _make(
        limit=wanted.limit if limit is None else parse_number("filters limit", limit, 1),
        marker=call.query.find("marker"),
        sort_key=filters.get("sort_key", call.query.find("sort_key")),
        sort_dir=filters.get("sort_dir", call.query.find("sort_dir") or "desc"),
        newest_first=True,
    )


def _make(
    *,
    limit: int | None,
    marker: str | None,
    sort_key: str | None,
    sort_dir: str | None,
    newest_first: bool,
) -> Wanted:
    if sort_dir is not None and sort_dir not in _DIRECTIONS:
        raise InvalidInput(f"sort_dir must be asc or desc, not {sort_dir[:100]!r}")
    descending = (
        _DIRECTIONS[sort_dir] if sort_dir is not None else newest_first and sort_key is None
    )
    default_key = "created_at" if newest_first else "id"
    limit = None if limit is None else min(limit, MAX_LIMIT)
    page = Page(marker=marker, sort_key=sort_key or default_key, descending=descending)
    return Wanted(page if limit is None else replace(page, limit=limit + 1), limit)


def reply_list(
    call: Call,
    collection: str,
    envelope: str,
    rows: Sequence[Item],
    wanted: Wanted,
    render: Callable[[Item], dict[str, object]],
    key: Callable[[Item], str],
) -> Reply:
    """The list in its envelope; when more rows follow, with a link to them.

    The link stands in the ``Link`` header and in the body: openstacksdk fails on the header (it
    looks for a member that requests does not give) unless it found the link in the body first.
    """
    headers = {}
    links = {}
    if wanted.limit is not None and len(rows) > wanted.limit:
        rows = rows[: wanted.limit]
        pairs = [pair for pair in call.query.list_pairs() if pair[0] != "marker"]
        following = urlencode([*pairs, ("marker", key(rows[-1]))])
        url = f"{call.links.root}/v2/{collection}?{following}"
        headers["Link"] = f'<{url}>; rel="next"'
        links = {f"{envelope}_links": [{"rel": "next", "href": url}]}
    return Reply(200, {envelope: [render(row) for row in rows], **links}, headers)

"""The query string of a request: declared parameters only, and what lists read from them.

There is no default page size: the scheduler reads one page and expects all in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from cyborg_rr.api.request.version import MINIMUM, Version
from cyborg_rr.db.paging import Page
from cyborg_rr.domain.errors import InvalidInput

MAX_FIELDS = 1000
MAX_NUMBER = 2**31 - 1
"""The largest number that fits the integer columns of every database."""
MAX_LIMIT = 1000
"""A larger limit is cut to this; the answer then links to the rest."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter that an operation takes, and from which version on."""

    name: str
    since: Version = MINIMUM


def _take_text(_name: str, text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Filter(Parameter):
    """A parameter of a list that leaves the rows whose field has the value.

    ``parse`` makes the value of the parameter's name and text, or raises ``InvalidInput``. The
    field of the stored thing has the parameter's name where ``field`` gives none. ``means`` is for
    the API reference, where the name does not say it.
    """

    parse: Callable[[str, str], Any] = _take_text
    field: str | None = None
    means: str = ""


PAGE_PARAMETERS = tuple(Parameter(name) for name in ("limit", "marker", "sort_key", "sort_dir"))
NESTED_PARAMETERS = (Parameter("filters.field"), Parameter("filters.value"))
_NESTED_FIELDS = frozenset(
    {"parent_uuid", "root_uuid", "board", "availability", "interface_type", "instance_uuid"}
    | {"limit", "marker", "sort_key", "sort_dir", "name"}
)
_DIRECTIONS = {"asc": False, "desc": True}


class Query:
    """The parameters that a request has."""

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def find(self, name: str) -> str | None:
        """The parameter's value; of several the last one."""
        values = self._values.get(name)
        return values[-1] if values else None

    def find_single(self, name: str) -> str | None:
        """The value of a parameter that may stand there once only."""
        if len(self.list_all(name)) > 1:
            raise InvalidInput(f"{name} is given {len(self.list_all(name))} times; give it once")
        return self.find(name)

    def list_all(self, name: str) -> Sequence[str]:
        """All values of a parameter that may be repeated, in order."""
        return self._values.get(name, ())

    def list_pairs(self) -> list[tuple[str, str]]:
        """Every parameter with every value, as the caller sent them."""
        return [(name, value) for name, values in self._values.items() for value in values]

    def find_number(self, name: str, least: int) -> int | None:
        """The parameter as a whole number of at least ``least``."""
        text = self.find(name)
        return None if text is None else parse_number(name, text, least)


NOTHING_ASKED = Query({})


def parse_number(name: str, text: str, least: int = 0) -> int:
    """A whole number written in ASCII digits; ``InvalidInput`` names the parameter."""
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 10:
        number = int(text)
        if least <= number <= MAX_NUMBER:
            return number
    raise InvalidInput(
        f"{name} must be a whole number from {least} to {MAX_NUMBER}, not {text[:100]!r}"
    )


def parse_query(text: str, parameters: Sequence[Parameter], version: Version) -> Query:
    """Read a WSGI query string; an undeclared parameter is ``InvalidInput``."""
    known = {parameter.name for parameter in parameters if parameter.since <= version}
    values: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            text.encode("latin-1").decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except UnicodeError as error:
        raise InvalidInput("the query string is not UTF-8") from error
    except ValueError as error:
        raise InvalidInput(f"the query string cannot be read: {error}") from error
    for name, value in pairs:
        if name not in known:
            raise InvalidInput(
                f"unknown query parameter {name[:100]!r}; known here are:"
                f" {', '.join(sorted(known)) or 'none'}"
            )
        if "\x00" in value:
            raise InvalidInput(f"query parameter {name} has a NUL character")
        values.setdefault(name, []).append(value)
    return Query(values)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller wants of a list: the page, and the value that each filtered field has.

    ``page`` asks for one row more than ``limit``, which tells whether more follow.
    """

    page: Page
    limit: int | None
    where: Mapping[str, Any]


def read_wanted(query: Query, filters: Sequence[Filter], *, takes_nested: bool) -> Wanted:
    """What the query asks of a list that has these filters.

    A list that ``takes_nested`` shows the newest first when anything is filtered. Of the nested
    form, filters of the list, limit, sort_key and sort_dir have an effect and the rest has none,
    as in the existing service.
    """
    nested = _read_nested(query) if takes_nested else {}
    texts = [(each, nested.get(each.name, query.find(each.name))) for each in filters]
    where = {
        each.field or each.name: each.parse(each.name, text)
        for each, text in texts
        if text is not None
    }
    limit = query.find_number("limit", 1)
    if "limit" in nested:
        limit = parse_number("filters limit", nested["limit"], 1)
    newest_first = bool(nested) or (takes_nested and bool(where))
    sort_key = nested.get("sort_key", query.find("sort_key"))
    page = Page(
        marker=query.find("marker"),
        sort_key=sort_key or ("created_at" if newest_first else None),
        descending=_read_direction(query, nested, otherwise=newest_first and sort_key is None),
    )
    if limit is None:
        return Wanted(page, None, where)
    limit = min(limit, MAX_LIMIT)
    return Wanted(replace(page, limit=limit + 1), limit, where)


def _read_direction(query: Query, nested: Mapping[str, str], *, otherwise: bool) -> bool:
    """Whether the last come first; with the nested form they do unless somebody says otherwise."""
    given = [text for text in (query.find("sort_dir"), nested.get("sort_dir")) if text is not None]
    for text in given:
        if text not in _DIRECTIONS:
            raise InvalidInput(f"sort_dir must be asc or desc, not {text[:100]!r}")
    return _DIRECTIONS[given[-1]] if given else otherwise or bool(nested)


def _read_nested(query: Query) -> dict[str, str]:
    """The pairs of repeated ``filters.field`` and ``filters.value``; the last of a name wins."""
    fields = query.list_all("filters.field")
    values = query.list_all("filters.value")
    if len(fields) != len(values):
        raise InvalidInput("each filters.field needs one filters.value")
    for name in fields:
        if name not in _NESTED_FIELDS:
            raise InvalidInput(
                f"filters.field {name[:100]!r} is not one of {', '.join(sorted(_NESTED_FIELDS))}"
            )
    return dict(zip(fields, values, strict=True))

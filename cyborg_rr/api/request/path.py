"""From path, method and version to the operation that answers, by a table.

Nothing is found by the shape of a class, so that exactly what stands in the table has a URL and
exactly the contract's 404, 405 and 406 are answered.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import microversion_parse

from cyborg_rr.api.request.answer import Call, ListOf, OpenSession, Reply
from cyborg_rr.api.request.body import UUID_PATTERN
from cyborg_rr.api.request.errors import (
    MalformedVersion,
    MethodNotAllowed,
    NoSuchUrl,
    NotAcceptable,
)
from cyborg_rr.api.request.query import Parameter
from cyborg_rr.api.request.version import (
    HEADER,
    MAXIMUM,
    MINIMUM,
    SERVICE_TYPE,
    Version,
)
from cyborg_rr.domain.errors import InvalidInput

ROOT: tuple[str, ...] = ()
VERSION_ROOT: tuple[str, ...] = ("v2",)
_VERSION = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})", re.ASCII)
_VERSION_HEADERS = {
    "Vary": HEADER,
    "OpenStack-API-Minimum-Version": str(MINIMUM),
    "OpenStack-API-Maximum-Version": str(MAXIMUM),
}
_UUID = re.compile(UUID_PATTERN, re.ASCII)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: ``path`` stands below /v2, its ``{name}`` segments take any text.

    ``rule`` is the policy rule that the caller must pass, None for what is public.
    """

    method: str
    path: str
    handle: Callable[[Call], Reply]
    rule: str | None
    query: tuple[Parameter, ...] = ()
    since: Version = MINIMUM

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path."""
        return tuple(part for part in self.path.split("/") if part)


def list_route(
    listed: ListOf[Any], open_session: OpenSession, rule: str, since: Version = MINIMUM
) -> Route:
    """The operation that answers a list as it is declared."""
    handle = partial(listed.answer, open_session)
    return Route("GET", listed.collection, handle, rule, listed.parameters, since)


@dataclass(frozen=True, slots=True)
class Found:
    """What the table has for a path: its operations by method, and those that it might have.

    ``others`` are the operations of the resource, which tell what a wrong method may be told.
    ``since`` is the version that brought the resource; None for the root, which speaks none.
    """

    method: str
    path: str
    segments: Sequence[str]
    matching: Sequence[Route]
    others: Sequence[Route]
    since: Version | None

    @property
    def newest(self) -> Route | None:
        """The operation that the newest version has for the path and method."""
        return next((route for route in self.matching if route.method == self.method), None)

    @property
    def variables(self) -> Mapping[str, str]:
        """What stands in the path where the operation takes any text."""
        wanted = () if self.newest is None else self.newest.segments
        named = zip(wanted, self.segments, strict=False)
        return {name[1:-1]: given for name, given in named if name.startswith("{")}

    def choose(
        self, header: str | None, headers: MutableMapping[str, str]
    ) -> tuple[Route, Version]:
        """The operation and the version to speak; ``headers`` of the answer then tell of versions.

        Raises ``NotAcceptable``, ``NoSuchUrl`` below the version that brought the resource, or
        ``MethodNotAllowed``; an operation that a later version brought is not there. Of refusals
        only that of a version which we lack tells of versions.
        """
        version = MINIMUM
        if self.since is not None:
            version = _negotiate(header, headers)
            if version < self.since:
                raise NoSuchUrl(f"{self.path[:200]} is not a URL of version {version}")
        route = self.newest
        if route is None or version < route.since:
            raise self._refusal(version)
        if self.since is not None:
            headers.update(_VERSION_HEADERS)
            headers[HEADER] = f"{SERVICE_TYPE} {version.major}.{version.minor}"
        return route, version

    def _refusal(self, version: Version) -> MethodNotAllowed | NoSuchUrl:
        """What a method is told that the path does not have in that version."""
        known = any(route.since <= version for route in self.matching)
        if not _exists_otherwise(self.method, self.segments, known):
            return NoSuchUrl(f"{self.method} {self.path[:200]} is not an operation of this service")
        served = [each for each in self.others if each.since <= version]
        allow = sorted({each.method for each in served if len(each.segments) <= 2})
        return MethodNotAllowed(self.method, tuple(allow))


class Router:
    """All routes of the service, by resource (the first path segment)."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self._by_resource: dict[str, list[Route]] = defaultdict(list)
        for route in routes:
            self._by_resource["".join(route.segments[:1])].append(route)

    def find(self, method: str, path: str) -> Found:
        """What answers the request; ``NoSuchUrl`` when nothing has the path.

        /v2 may be left out; a trailing slash and the suffix .json are ignored.
        """
        segments = split_path(path)
        routes = self._by_resource.get("".join(segments[:1]))
        if routes is None:
            raise NoSuchUrl(f"{path[:200]} is not a URL of this service")
        matching = [route for route in routes if _matches(route.segments, segments)]
        since = None if segments == ROOT else min(route.since for route in routes)
        found = Found(method, path, segments, matching, routes, since)
        if found.newest is None and not _exists_otherwise(method, segments, bool(matching)):
            raise NoSuchUrl(f"{method} {path[:200]} is not an operation of this service")
        return found


def read_path(environ: Mapping[str, Any]) -> str:
    """The path of a WSGI environment, which passes each byte as a character."""
    try:
        return str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8")
    except UnicodeError:
        raise NoSuchUrl("the URL's path is not UTF-8") from None


def is_public(path: str) -> bool:
    """Whether the path may be read without a token: / and /v2, which tell of versions."""
    try:
        return split_path(path) in (ROOT, VERSION_ROOT)
    except NoSuchUrl:
        return False


def split_path(path: str) -> tuple[str, ...]:
    """The parts of a path below /v2; ``ROOT`` for the service's root, ``VERSION_ROOT`` for /v2."""
    if path in ("", "/", "/.json"):
        return ROOT
    segments = tuple(path.removesuffix("/").removesuffix(".json").split("/")[1:])
    if "" in segments or "\x00" in path:
        raise NoSuchUrl(f"{path[:200]!r} is not a URL of this service")
    if segments[:1] == VERSION_ROOT:
        return segments[1:] or VERSION_ROOT
    return segments


def _matches(pattern: Sequence[str], segments: Sequence[str]) -> bool:
    return len(pattern) == len(segments) and all(
        bool(given) if wanted.startswith("{") else wanted == given
        for wanted, given in zip(pattern, segments, strict=True)
    )


def _exists_otherwise(method: str, segments: Sequence[str], known: bool) -> bool:
    """Whether a wrong method is answered with 405 rather than 404.

    The existing service knows no GET below an item, no PATCH of most collections, and answers any
    other method below an item as one that the item does not have.
    """
    if len(segments) <= 1:
        return known and method != "PATCH"
    if len(segments) == 3:
        return method not in ("GET", "HEAD")
    return known


def _negotiate(header: str | None, headers: MutableMapping[str, str]) -> Version:
    """The version to speak: any between the oldest and the newest, also one that changed nothing.

    Clients take what discovery says of the two ends as a promise for all that lies between.
    """
    if header is None:
        return MINIMUM
    version = parse_version(header)
    if not MINIMUM <= version <= MAXIMUM:
        headers.update(_VERSION_HEADERS)
        raise NotAcceptable(f"version {version} is not supported; {MINIMUM} to {MAXIMUM} are")
    return version


def parse_version(header: str) -> Version:
    """The version that a header asks for; ``MalformedVersion`` for what cannot be read.

    A value without service type counts as meant for us, as in the existing service. ``latest`` is
    the newest that we have.
    """
    text = microversion_parse.get_version({HEADER.lower(): header}, SERVICE_TYPE)
    text = header.strip() if text is None else text
    if text == "latest":
        return MAXIMUM
    match = _VERSION.fullmatch(text)
    if match is None:
        raise MalformedVersion(
            f"{HEADER}: {header[:100]!r} is not of the form '{SERVICE_TYPE} X.Y'"
        )
    return Version(int(match[1]), int(match[2]))


def is_uuid_like(text: object) -> bool:
    """Whether the text is a UUID, with or without hyphens and in either case."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None


def parse_uuid(what: str, text: object) -> str:
    """The text when it is a UUID; ``InvalidInput`` otherwise. Kept as written: ids are compared
    to the letter."""
    if not is_uuid_like(text):
        raise InvalidInput(f"{what} must be a UUID, not {str(text)[:100]!r}")
    return str(text)

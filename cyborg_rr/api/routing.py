"""From method and path to what answers it, by a table: nothing is found by the shape of a class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cyborg_rr.api.call import Call, Reply
from cyborg_rr.api.errors import MethodNotAllowed, NoSuchUrl
from cyborg_rr.api.microversion import MINIMUM, Version
from cyborg_rr.api.query import Parameter

ROOT: tuple[str, ...] = ()
VERSION_ROOT: tuple[str, ...] = ("v2",)


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


@dataclass(frozen=True, slots=True)
class Found:
    """The route of a request, or the error to answer once its version has been looked at."""

    route: Route | None
    variables: Mapping[str, str]
    since: Version
    refusal: MethodNotAllowed | None = None


class Router:
    """All routes of the service, by resource (the first path segment)."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self._by_resource: dict[str, list[Route]] = defaultdict(list)
        for route in routes:
            self._by_resource["".join(route.segments[:1])].append(route)

    def find(self, method: str, path: str) -> Found:
        """What answers the request.

        ``NoSuchUrl`` for a path that nothing has. A path that exists with other methods is found
        with a refusal. /v2 may be left out; a trailing slash and the suffix .json are ignored.
        """
        segments = split_path(path)
        routes = self._by_resource.get("".join(segments[:1]))
        if routes is None:
            raise NoSuchUrl(f"{path[:200]} is not a URL of this service")
        matching = [route for route in routes if _matches(route.segments, segments)]
        since = min(route.since for route in routes)
        for route in matching:
            if route.method == method:
                return Found(route, _variables(route.segments, segments), since)
        if not _exists_otherwise(method, segments, bool(matching)):
            raise NoSuchUrl(f"{method} {path[:200]} is not an operation of this service")
        allow = sorted({route.method for route in routes if len(route.segments) <= 2})
        return Found(None, {}, since, MethodNotAllowed(method, tuple(allow)))


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


def _variables(pattern: Sequence[str], segments: Sequence[str]) -> dict[str, str]:
    return {
        wanted[1:-1]: given
        for wanted, given in zip(pattern, segments, strict=True)
        if wanted.startswith("{")
    }


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

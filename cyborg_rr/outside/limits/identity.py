"""The identity service as oslo.limit asks it, with bounded calls.

oslo.limit asks through openstacksdk, which bounds neither how long an answer takes in all nor how
large it is. These are the methods that it calls, and the attributes that it looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from openstack.exceptions import ResourceNotFound

from cyborg_rr.outside.calling import Caller, Code, OutsideTrouble

_ENDPOINT: Mapping[str, tuple[type, ...]] = {
    "id": (str,),
    "service_id": (str,),
    "region_id": (str, type(None)),
}
_NAMED: Mapping[str, tuple[type, ...]] = {"id": (str,)}
_REGISTERED: Mapping[str, tuple[type, ...]] = {"resource_name": (str,), "default_limit": (int,)}
_OWN: Mapping[str, tuple[type, ...]] = {
    "resource_name": (str,),
    "resource_limit": (int,),
    "project_id": (str, type(None)),
}
"""What is looked at of each kind of thing, and of which type it is (identity API v3)."""


class Identity:
    """Stands for openstacksdk's identity proxy; ``OutsideTrouble`` from every call.

    ``endpoint`` is the one that was looked at last: the one whose limits are asked for.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.endpoint: Any = None

    def get(self, path: str) -> SimpleNamespace:
        """The enforcement model, which is the one path that is asked for."""
        model = _pick(self._ask(path, "model"), {"name": (str,)})
        if model is None:
            raise self._rubbish(path)
        return SimpleNamespace(json=lambda: {"model": {"name": model.name}})

    def get_endpoint(self, endpoint_id: str) -> Any:
        """One endpoint by its id."""
        self.endpoint = self._find("endpoint", endpoint_id, _ENDPOINT)
        return self.endpoint

    def get_region(self, region_id: str) -> Any:
        """One region by its id."""
        return self._find("region", region_id, _NAMED)

    def services(self, **query: str | None) -> Iterator[Any]:
        """The services of a type or name."""
        yield from self._list("services", _NAMED, query)

    def endpoints(self, **query: str | None) -> Iterator[Any]:
        """The endpoints of a service."""
        for endpoint in self._list("endpoints", _ENDPOINT, query):
            self.endpoint = endpoint
            yield endpoint

    def registered_limits(self, **query: str | None) -> Iterator[Any]:
        """The limits that hold where a project has none of its own."""
        yield from self._list("registered_limits", _REGISTERED, query)

    def limits(self, **query: str | None) -> Iterator[Any]:
        """The limits of projects and domains."""
        yield from self._list("limits", _OWN, query)

    def _find(self, kind: str, name: str, shape: Mapping[str, tuple[type, ...]]) -> Any:
        path = f"/{kind}s/{name}"
        try:
            found = _pick(self._ask(path, kind), shape)
        except OutsideTrouble as trouble:
            if trouble.code is Code.MISSING:
                raise ResourceNotFound(str(trouble)) from trouble
            raise
        if found is None:
            raise self._rubbish(path)
        return found

    def _list(
        self, kind: str, shape: Mapping[str, tuple[type, ...]], query: Mapping[str, str | None]
    ) -> Iterator[Any]:
        path = f"/{kind}"
        given = {name: value for name, value in query.items() if value is not None}
        rows = self._ask(path, kind, **given)
        if not isinstance(rows, list):
            raise self._rubbish(path)
        for row in rows:
            picked = _pick(row, shape)
            if picked is None:
                raise self._rubbish(path)
            yield picked

    def _ask(self, path: str, key: str, **query: str) -> Any:
        document = self._caller.call("GET", path, **query)
        if not isinstance(document, dict) or key not in document:
            raise self._rubbish(path)
        if document.get("truncated"):  # what is left out would be taken to have no limit
            text = f"GET {path} answers a part only: raise its option list_limit"
            raise OutsideTrouble(self._caller.service, Code.INVALID, text)
        return document[key]

    def _rubbish(self, path: str) -> OutsideTrouble:
        text = f"GET {path} answers what is no answer to it"
        return OutsideTrouble(self._caller.service, Code.RUBBISH, text)


def _pick(row: Any, shape: Mapping[str, tuple[type, ...]]) -> Any:
    """The fields of a row as attributes; None where one is of another type (true is no number)."""
    if not isinstance(row, dict):
        return None
    values = {name: row.get(name) for name in shape}
    if any(type(values[name]) not in kinds for name, kinds in shape.items()):
        return None
    return SimpleNamespace(**values)

"""A Placement in memory, for what asks it ten thousand times: the calls that we and tests make.

It answers as the real one does (``placement/handlers`` and ``placement/errors.py`` of release 16,
microversion 1.39): ``tests/long/faults`` compares the two.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import os_traits

from cyborg_rr.outside.placement.client import (
    CONCURRENT_UPDATE,
    INVENTORY_IN_USE,
    PARENT_OF_OTHERS,
    PROVIDER_IN_USE,
)

_STANDARD = frozenset(os_traits.get_traits())
_DUPLICATE = "placement.duplicate_name"
_UNDEFINED = "placement.undefined_code"


@dataclass
class _Provider:
    name: str
    parent: str | None
    generation: int = 0
    inventories: dict[str, Any] = field(default_factory=dict)
    traits: set[str] = field(default_factory=set)


class _Refusal(Exception):
    """An answer that is none: its status, and Placement's code of the cause."""


class FakePlacement:
    """Resource providers with generations, inventories, traits and allocations."""

    def __init__(self) -> None:
        self._providers: dict[str, _Provider] = {}
        self._traits: set[str] = set()
        self._allocations: dict[str, dict[str, Any]] = {}

    def ask(self, method: str, path: str, body: Any, query: Mapping[str, str]) -> tuple[int, Any]:
        """The status of an answer and its document."""
        body = json.loads(json.dumps(body))
        noun, *rest = path.strip("/").split("/")
        try:
            act = getattr(self, f"_{method.lower()}_{'_'.join([noun, *rest[1:]])}")
            document = act(*rest[:1], *([] if body is None else [body]), **query)
        except _Refusal as refusal:
            status, code = refusal.args
            return status, {"errors": [{"status": status, "detail": code, "code": code}]}
        return 200, json.loads(json.dumps(document))

    # Providers.

    def _get_resource_providers(self, only: str = "", **query: str) -> Any:
        if only:
            return self._show(only)
        found = [uuid for uuid in self._providers if self._is_asked(uuid, **query)]
        return {"resource_providers": [self._show(uuid) for uuid in found]}

    def _is_asked(
        self, only: str, name: str = "", uuid: str = "", in_tree: str = "", required: str = ""
    ) -> bool:
        provider = self._providers[only]
        return (
            name in ("", provider.name)
            and uuid in ("", only)
            and (not required or required in provider.traits)
            and (not in_tree or (self._has(in_tree) and self._root(only) == self._root(in_tree)))
        )

    def _post_resource_providers(self, body: Any) -> Any:
        made = body.get("uuid") or str(uuid.uuid4())
        self._check_new(made, body["name"])
        parent = body.get("parent_provider_uuid")
        if parent is not None and not self._has(parent):
            raise _Refusal(400, _UNDEFINED)
        self._providers[made] = _Provider(body["name"], parent)
        return self._show(made)

    def _check_new(self, made: str, name: str) -> None:
        if made in self._providers or any(each.name == name for each in self._providers.values()):
            raise _Refusal(409, _DUPLICATE)

    def _put_resource_providers(self, moved: str, body: Any) -> Any:
        provider = self._find(moved)
        provider.name, provider.parent = body["name"], body["parent_provider_uuid"]
        return self._show(moved)

    def _delete_resource_providers(self, gone: str) -> None:
        self._find(gone)
        if any(each.parent == gone for each in self._providers.values()):
            raise _Refusal(409, PARENT_OF_OTHERS)
        if self._used(gone):
            raise _Refusal(409, PROVIDER_IN_USE)
        del self._providers[gone]

    def _get_resource_providers_inventories(self, only: str) -> Any:
        provider = self._find(only)
        return {
            "resource_provider_generation": provider.generation,
            "inventories": provider.inventories,
        }

    def _put_resource_providers_inventories(self, only: str, body: Any) -> Any:
        provider = self._find_fresh(only, body)
        if self._used(only).keys() - body["inventories"].keys():
            raise _Refusal(409, INVENTORY_IN_USE)
        provider.inventories = {
            name: {"reserved": 0, "allocation_ratio": 1.0, "min_unit": 1, "step_size": 1, **each}
            for name, each in body["inventories"].items()
        }
        provider.generation += 1
        return self._get_resource_providers_inventories(only)

    def _get_resource_providers_traits(self, only: str) -> Any:
        provider = self._find(only)
        return {
            "resource_provider_generation": provider.generation,
            "traits": sorted(provider.traits),
        }

    def _put_resource_providers_traits(self, only: str, body: Any) -> Any:
        provider = self._find_fresh(only, body)
        if not set(body["traits"]) <= _STANDARD | self._traits:
            raise _Refusal(400, _UNDEFINED)
        provider.traits = set(body["traits"])
        provider.generation += 1
        return self._get_resource_providers_traits(only)

    def _get_resource_providers_usages(self, only: str) -> Any:
        provider = self._find(only)
        return {"usages": {name: self._used(only)[name] for name in provider.inventories}}

    def _show(self, only: str) -> dict[str, Any]:
        provider = self._find(only)
        return {
            "uuid": only,
            "name": provider.name,
            "generation": provider.generation,
            "parent_provider_uuid": provider.parent,
            "root_provider_uuid": self._root(only),
        }

    def _has(self, only: str) -> bool:
        return only in self._providers

    def _find(self, only: str) -> _Provider:
        if not self._has(only):
            raise _Refusal(404, _UNDEFINED)
        return self._providers[only]

    def _find_fresh(self, only: str, body: Any) -> _Provider:
        provider = self._find(only)
        if provider.generation != body["resource_provider_generation"]:
            raise _Refusal(409, CONCURRENT_UPDATE)
        return provider

    def _root(self, only: str) -> str:
        parent = self._providers[only].parent
        return only if parent is None else self._root(parent)

    # Names.

    def _get_traits(self, name: str) -> Any:
        kind, _, value = name.partition(":")
        known = _STANDARD | self._traits
        if kind == "in":
            return {"traits": sorted(known & set(value.split(",")))}
        return {"traits": sorted(each for each in known if each.startswith(value))}

    def _put_traits(self, name: str) -> None:
        self._traits.add(name)

    def _put_resource_classes(self, name: str) -> None:
        """There are as many as are wanted."""

    # Allocations.

    def _get_allocations(self, consumer: str) -> Any:
        return {"allocations": self._allocations.get(consumer, {})}

    def _put_allocations(self, consumer: str, body: Any) -> None:
        before = self._allocations.pop(consumer, {})
        for only, wanted in body["allocations"].items():
            provider = self._find(only)
            for name, amount in wanted["resources"].items():
                record = provider.inventories.get(name, {"total": 0, "reserved": 0})
                if self._used(only)[name] + amount > record["total"] - record["reserved"]:
                    self._allocations |= {consumer: before} if before else {}
                    raise _Refusal(409, _UNDEFINED)
        for only in body["allocations"]:
            self._providers[only].generation += 1
        self._allocations[consumer] = body["allocations"]

    def _delete_allocations(self, consumer: str) -> None:
        if self._allocations.pop(consumer, None) is None:
            raise _Refusal(404, _UNDEFINED)

    def _used(self, only: str) -> Counter[str]:
        used: Counter[str] = Counter()
        for allocation in self._allocations.values():
            used.update(allocation.get(only, {}).get("resources", {}))
        return used

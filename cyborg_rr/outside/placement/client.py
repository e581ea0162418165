"""What is asked of Placement, call by call, in its words of microversion 1.37.

https://docs.openstack.org/api-ref/placement/ describes each; what comes back is judged here, so
that nothing that an answer says is trusted for its shape.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cyborg_rr.outside.calling import Caller, Code, OutsideTrouble

SERVICE = "Placement"
MICROVERSION = "1.37"
"""The least that lets a provider change its parent; 1.26 lets all of an inventory be reserved."""

CONCURRENT_UPDATE = "placement.concurrent_update"
INVENTORY_IN_USE = "placement.inventory.inuse"
PROVIDER_IN_USE = "placement.resource_provider.inuse"
PARENT_OF_OTHERS = "placement.resource_provider.cannot_delete_parent"
"""Placement's own codes of conflicts (``placement/errors.py``)."""

_NAMES_PER_QUERY = 40

Inventories = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Provider:
    """A resource provider; its generation is another one after each change of what it has."""

    uuid: str
    name: str
    generation: int
    parent: str | None
    root: str | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What a provider has, at one generation."""

    generation: int
    inventories: Inventories
    traits: frozenset[str]


class PlacementClient:
    """Placement, asked through a caller; every method raises ``OutsideTrouble``."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._classes: set[str] = set()
        self._traits: set[str] = set()

    def find_by_name(self, name: str) -> Provider | None:
        """The provider of that name."""
        found = self._list(name=name)
        return next((each for each in found if each.name == name), None)

    def find_by_uuid(self, uuid: str) -> Provider | None:
        """The provider with that uuid."""
        return next(iter(self._list(uuid=uuid)), None)

    def list_tree(self, uuid: str) -> list[Provider]:
        """All providers of the tree that a provider is in; none where there is no such provider."""
        return self._list(in_tree=uuid)

    def list_with_trait(self, trait: str) -> list[Provider]:
        """All providers of the cloud that have a trait."""
        return self._list(required=trait)

    def read(self, provider: Provider) -> Contents | None:
        """What a provider has; None where it has changed or gone since it was listed."""
        try:
            held = self._get(f"/resource_providers/{provider.uuid}/inventories")
            named = self._get(f"/resource_providers/{provider.uuid}/traits")
        except OutsideTrouble as trouble:
            if trouble.code is Code.MISSING:
                return None
            raise
        if {_generation(held), _generation(named)} != {provider.generation}:
            return None
        inventories = _field(held, "inventories", dict)
        if not all(_is_record(record) for record in inventories.values()):
            raise _rubbish("an inventory is no object of numbers")
        return Contents(provider.generation, inventories, frozenset(_texts(named, "traits")))

    def create(self, uuid: str, name: str, parent: str) -> Provider:
        """Make a provider; one of that uuid or name that is there is a conflict."""
        body = {"uuid": uuid, "name": name, "parent_provider_uuid": parent}
        return _to_provider(self._caller.call("POST", "/resource_providers", body))

    def move(self, uuid: str, name: str, parent: str) -> None:
        """Give a provider another parent."""
        body = {"name": name, "parent_provider_uuid": parent}
        self._caller.call("PUT", f"/resource_providers/{uuid}", body)

    def delete(self, uuid: str) -> None:
        """Delete a provider with what it has; a conflict while it has allocations."""
        try:
            self._caller.call("DELETE", f"/resource_providers/{uuid}")
        except OutsideTrouble as trouble:
            if trouble.code is not Code.MISSING:
                raise

    def set_inventories(self, uuid: str, generation: int, inventories: Inventories) -> int:
        """Replace all inventories, if the provider has that generation still; the next one."""
        body = {"resource_provider_generation": generation, "inventories": inventories}
        return _generation(
            self._caller.call("PUT", f"/resource_providers/{uuid}/inventories", body)
        )

    def set_traits(self, uuid: str, generation: int, traits: Collection[str]) -> int:
        """Replace all traits, if the provider has that generation still; the next one."""
        body = {"resource_provider_generation": generation, "traits": sorted(traits)}
        return _generation(self._caller.call("PUT", f"/resource_providers/{uuid}/traits", body))

    def ensure_class(self, name: str) -> None:
        """Make a resource class of our own, once; those of Placement are there or are not."""
        if name.startswith("CUSTOM_") and name not in self._classes:
            self._caller.call("PUT", f"/resource_classes/{name}")
            self._classes.add(name)

    def ensure_traits(self, names: Collection[str]) -> frozenset[str]:
        """Make those traits of our own that are missing, once; returns those that there are."""
        unknown = sorted(set(names) - self._traits)
        for start in range(0, len(unknown), _NAMES_PER_QUERY):
            asked = ",".join(unknown[start : start + _NAMES_PER_QUERY])
            self._traits.update(_texts(self._get("/traits", name=f"in:{asked}"), "traits"))
        for name in unknown:
            if name.startswith("CUSTOM_") and name not in self._traits:
                self._caller.call("PUT", f"/traits/{name}")
                self._traits.add(name)
        return frozenset(names) & self._traits

    def forget_names(self) -> None:
        """Look again which classes and traits there are: somebody may have deleted one."""
        self._classes.clear()
        self._traits.clear()

    def is_used(self, uuid: str) -> bool:
        """Whether anything of a provider is allocated; an allocation that ends changes no other."""
        answer = self._get(f"/resource_providers/{uuid}/usages")
        return any(_field(answer, "usages", dict).values())

    def list_allocated(self, consumer: str) -> Mapping[str, Mapping[str, int]]:
        """What a consumer has, by provider and resource class."""
        answer = self._get(f"/allocations/{consumer}")
        found = {
            uuid: _field(held, "resources", dict)
            for uuid, held in _field(answer, "allocations", dict).items()
        }
        if not all(_is_record(held) for held in found.values()):
            raise _rubbish("an allocation is no object of numbers")
        return found

    def _list(self, **query: str) -> list[Provider]:
        answer = self._get("/resource_providers", **query)
        return [_to_provider(each) for each in _field(answer, "resource_providers", list)]

    def _get(self, path: str, **query: str) -> Any:
        return self._caller.call("GET", path, **query)


def _to_provider(value: Any) -> Provider:
    return Provider(
        _field(value, "uuid", str),
        _field(value, "name", str),
        _field(value, "generation", int),
        _optional(value, "parent_provider_uuid"),
        _optional(value, "root_provider_uuid"),
    )


def _generation(answer: Any) -> int:
    return int(_field(answer, "resource_provider_generation", int))


def _field(value: Any, name: str, kind: type) -> Any:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, kind):
        raise _rubbish(f"{name} is not there, or is no {kind.__name__}")
    return found


def _optional(value: Any, name: str) -> str | None:
    return None if value.get(name) is None else str(_field(value, name, str))


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, int | float) for each in value.values())


def _texts(value: Any, name: str) -> list[str]:
    found = _field(value, name, list)
    if not all(isinstance(each, str) for each in found):
        raise _rubbish(f"{name} are no texts")
    return list(found)


def _rubbish(what: str) -> OutsideTrouble:
    return OutsideTrouble(SERVICE, Code.RUBBISH, f"its answer is not what it should be: {what}")

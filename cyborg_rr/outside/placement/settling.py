"""One look at one host: each provider settled by itself, the trouble of one none of another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import assert_never

from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.domain.hardware.offering.offered import (
    NAME_TAKEN,
    NO_ROOT,
    OWNED_BY_OTHER,
    REFUSED,
    UUID_TAKEN,
    OfferedHost,
)
from cyborg_rr.domain.printing import name_count
from cyborg_rr.outside.calling import Code, OutsideTrouble
from cyborg_rr.outside.placement.client import (
    INVENTORY_IN_USE,
    PARENT_OF_OTHERS,
    PROVIDER_IN_USE,
    Contents,
    PlacementClient,
    Provider,
)
from cyborg_rr.outside.placement.wanted import (
    OTHER_OWNER,
    TRAITS_LEFT_OUT,
    SetInventories,
    SetTraits,
    Step,
    WantedProvider,
    difference,
    is_marked,
    is_ours,
    list_wanted,
    reserve_all,
)

IN_USE = "in_use"

PASSING = frozenset({NO_ROOT, NAME_TAKEN, UUID_TAKEN, OWNED_BY_OTHER, REFUSED, IN_USE})
"""Causes that end outside, without our inventory changing: they are looked at again before long."""

_ORPHAN = 0
"""Stands for what is wanted of a provider whose device is not known any more."""

_NOT_YET_OURS = 1
"""The same of one that an earlier service made for a host that has never reported here."""


class _Stale(Exception):
    """Somebody changed a provider since it was read."""


class _Withheld(Exception):
    """A provider cannot be what it should be."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.trouble = Trouble(code, text)


@dataclass(frozen=True, slots=True)
class Known:
    """What a provider was left as: its generation, the hash of what it is, and its trouble."""

    generation: int
    wanted: int
    trouble: Trouble | None = None

    def is_as(self, provider: Provider, wanted: int) -> bool:
        """Whether nobody changed it since, and it should be the same still."""
        return (self.generation, self.wanted) == (provider.generation, wanted)

    def holds(self, provider: Provider, wanted: int) -> bool:
        """The same where nothing is left to do: no generation tells that an allocation ended."""
        waits = self.trouble is not None and self.trouble.code == IN_USE
        return self.is_as(provider, wanted) and not waits


@dataclass(slots=True)
class Memory:
    """What is remembered of a host, so that what has not changed is neither read nor written."""

    root: str | None = None
    providers: dict[str, Known] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tree:
    """The providers of one compute node."""

    root: Provider
    providers: Mapping[str, Provider]

    def find_by_name(self, name: str) -> Provider | None:
        return next((each for each in self.providers.values() if each.name == name), None)


@dataclass(slots=True)
class Outcome:
    """What came of one host: the cause of each of its deployables, by row; None: there is none.

    One that is not ``settled`` is to be looked at again at once; ``kept`` names providers whose
    devices are gone and that somebody has allocations of, ``newly_kept`` those marked just now.
    ``others`` are hosts whose providers hang here: they must fetch them. Where it ``has_written``
    our inventory must be held against it once more.
    """

    host: OfferedHost
    causes: dict[int, Trouble | None] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    newly_kept: list[str] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    settled: bool = True
    has_written: bool = False

    @property
    def is_passing(self) -> bool:
        """Whether something stands in the way that may end without our inventory changing."""
        causes = {cause.code for cause in self.causes.values() if cause is not None}
        return bool(self.kept) or not causes.isdisjoint(PASSING)


class Round:
    """One look at one host."""

    def __init__(
        self,
        client: PlacementClient,
        memory: Memory,
        tree: Tree | None,
        find_known: Callable[[Collection[str]], Mapping[str, str]],
        host: OfferedHost,
    ) -> None:
        self._client = client
        self._memory = memory
        self._tree = tree
        self._find_known = find_known
        self._host = host
        self._made: set[str] = set()
        self._outcome = Outcome(host)

    def run(self) -> Outcome:
        """Settle each provider; the trouble of one is no trouble of another."""
        wanted = list_wanted(self._host)
        tree = self._tree
        if tree is None:
            self._memory.providers.clear()
            self._withdraw_all(wanted)
            return self._outcome
        for each in wanted:
            self._outcome.causes[each.deployable_id] = self._settle_one(tree, each)
        self._settle_orphans(tree, {each.uuid for each in wanted})
        return self._outcome

    def _withdraw_all(self, wanted: Iterable[WantedProvider]) -> None:
        """Offer nobody what still hangs below a node of another name: a bind there would fail.

        Once, when the cause begins: where it is stored already this has been done.
        """
        text = f"Placement knows no compute node of the name {self._host.name}"
        done = self._list_rootless()
        for each in wanted:
            if each.deployable_id in done or self._withdraw(each):
                self._outcome.causes[each.deployable_id] = Trouble(NO_ROOT, text)

    def _withdraw(self, wanted: WantedProvider) -> bool:
        """Whether nothing is left to do."""
        try:
            with self._judging():
                provider = self._client.find_by_uuid(wanted.uuid)
                if provider is None or provider.name != wanted.name:
                    return True
                actual = self._read(provider)
                if OTHER_OWNER not in actual.traits:
                    self._bring(replace(wanted, reserved=wanted.total), actual)
        except (_Withheld, _Stale):
            self._outcome.settled = False
            return False
        return True

    def _list_rootless(self) -> set[int]:
        parts = (part for device in self._host.devices for part in device.parts)
        return {
            part.deployable_id
            for part in parts
            if part.withheld is not None and part.withheld.code == NO_ROOT
        }

    def _settle_one(self, tree: Tree, wanted: WantedProvider) -> Trouble | None:
        try:
            with self._judging():
                return self._settle(tree, wanted)
        except _Withheld as withheld:
            return withheld.trouble
        except _Stale:
            self._outcome.settled = False
            return wanted.trouble

    def _settle(self, tree: Tree, wanted: WantedProvider) -> Trouble | None:
        provider = tree.providers.get(wanted.uuid) or self._make(tree, wanted)
        if provider.name != wanted.name:
            raise _Withheld(UUID_TAKEN, f"its provider is called {provider.name[:100]} there")
        mark = hash(wanted)
        known = self._memory.providers.get(wanted.uuid)
        is_placed = provider.parent == tree.root.uuid
        if is_placed and known is not None and known.holds(provider, mark):
            return known.trouble
        actual = self._read(provider)
        if OTHER_OWNER in actual.traits:
            owned = Trouble(OWNED_BY_OTHER, "the compute service manages its provider itself")
            self._remember(wanted.uuid, Known(provider.generation, mark, owned))
            return owned
        if not is_placed:
            self._client.move(wanted.uuid, wanted.name, tree.root.uuid)
            raise _Stale
        generation, trouble = self._bring(wanted, actual)
        self._remember(wanted.uuid, Known(generation, mark, trouble))
        return trouble

    def _make(self, tree: Tree, wanted: WantedProvider) -> Provider:
        """The provider, made now, or brought from another tree where it is ours.

        Whoever has the name under another uuid, or the uuid under another name, is somebody else.
        """
        namesake = tree.find_by_name(wanted.name)
        if namesake is None:
            try:
                made = self._client.create(wanted.uuid, wanted.name, tree.root.uuid)
            except OutsideTrouble as trouble:
                if trouble.code is not Code.CONFLICT:
                    raise
            else:
                self._outcome.settled = False  # whoever is late must see that it made too much
                self._made.add(made.uuid)
                return made
            found = self._client.find_by_uuid(wanted.uuid)
            if found is not None:
                if found.parent == tree.root.uuid:
                    raise _Stale  # its generation was not read before our inventory
                return found
            namesake = self._client.find_by_name(wanted.name)
        if namesake is None or namesake.uuid == wanted.uuid:
            raise _Stale
        raise _Withheld(NAME_TAKEN, f"provider {namesake.uuid} has its name there")

    def _read(self, provider: Provider) -> Contents:
        if provider.uuid in self._made:
            return Contents(provider.generation, {}, frozenset())
        contents = self._client.read(provider)
        if contents is None:
            raise _Stale
        return contents

    def _bring(self, wanted: WantedProvider, actual: Contents) -> tuple[int, Trouble | None]:
        """Do what makes it as it is wanted; its generation then, and what could not be done."""
        usable = self._client.ensure_traits(wanted.traits)
        trouble = wanted.trouble or _tell_left_out(wanted.traits - usable)
        self._client.ensure_class(wanted.resource_class)
        fitting = replace(wanted, traits=usable)
        try:
            return self._apply(wanted.uuid, actual, difference(fitting, actual)), trouble
        except OutsideTrouble as refused:
            if refused.detail != INVENTORY_IN_USE:
                raise
        steps = difference(fitting, actual, keeps_leftovers=True)
        text = "somebody has an allocation of what it was offered as before"
        return self._apply(wanted.uuid, actual, steps), Trouble(IN_USE, text)

    def _apply(self, uuid: str, actual: Contents, steps: Iterable[Step]) -> int:
        generation = actual.generation
        for step in steps:
            self._outcome.has_written = True
            match step:
                case SetInventories(inventories):
                    generation = self._client.set_inventories(uuid, generation, inventories)
                case SetTraits(traits):
                    generation = self._client.set_traits(uuid, generation, traits)
                case _:
                    assert_never(step)
        return generation

    @contextmanager
    def _judging(self) -> Iterator[None]:
        """What a refusal means where it is the matter of one provider; any other is raised."""
        try:
            yield
        except OutsideTrouble as trouble:
            if trouble.code in (Code.CONFLICT, Code.MISSING):
                raise _Stale from trouble
            if trouble.code is Code.INVALID:
                self._client.forget_names()  # somebody may have deleted a trait that we made
                raise _Withheld(REFUSED, trouble.text) from trouble
            raise

    def _remember(self, uuid: str, known: Known) -> None:
        self._memory.providers[uuid] = known

    def _settle_orphans(self, tree: Tree, wanted: Collection[str]) -> None:
        """Delete what is ours in the tree and belongs to no device; reserve what is in use."""
        left = {
            uuid: provider
            for uuid, provider in tree.providers.items()
            if uuid not in wanted and uuid != tree.root.uuid and is_ours(uuid, provider.name)
        }
        of_others = self._find_known(left) if left else {}
        for uuid, provider in left.items():
            if uuid in of_others:
                self._outcome.others.add(of_others[uuid])
                continue
            try:
                with self._judging():
                    self._settle_orphan(provider)
            except _Withheld:
                self._outcome.kept.append(provider.name)
            except _Stale:
                self._outcome.settled = False
        for uuid in self._memory.providers.keys() - wanted - left.keys():
            del self._memory.providers[uuid]

    def _settle_orphan(self, provider: Provider) -> None:
        """Delete it, or keep what is in use from schedulers, and look again when that ends."""
        known = self._memory.providers.get(provider.uuid)
        may_be_earlier = not self._host.is_known
        if may_be_earlier and known is not None and known.is_as(provider, _NOT_YET_OURS):
            return
        is_known = known is not None and known.is_as(provider, _ORPHAN)
        if is_known and self._client.is_used(provider.uuid):
            self._outcome.kept.append(provider.name)
            return
        actual = self._read(provider)
        if may_be_earlier and not is_marked(actual):
            self._remember(provider.uuid, Known(provider.generation, _NOT_YET_OURS))
            return
        if OTHER_OWNER in actual.traits or self._delete(provider):
            return
        steps = reserve_all(actual)
        for step in steps:
            if isinstance(step, SetTraits):
                self._client.ensure_traits(step.traits)
        generation = self._apply(provider.uuid, actual, steps)
        self._remember(provider.uuid, Known(generation, _ORPHAN))
        self._outcome.kept.append(provider.name)
        self._outcome.newly_kept.append(provider.name)

    def _delete(self, provider: Provider) -> bool:
        """Whether it is gone now, or below somebody else's: nothing is left to do."""
        try:
            self._client.delete(provider.uuid)
        except OutsideTrouble as trouble:
            if trouble.detail == PROVIDER_IN_USE:
                return False
            if trouble.detail == PARENT_OF_OTHERS:
                return True
            raise
        self._memory.providers.pop(provider.uuid, None)
        self._outcome.settled = False
        return True


def _tell_left_out(names: Collection[str]) -> Trouble | None:
    """What Placement has not, where there is anything."""
    if not names:
        return None
    named = ", ".join(sorted(names)[:3])
    count = name_count(len(names), "trait")
    return Trouble(TRAITS_LEFT_OUT, f"Placement does not know {count}: {named}")

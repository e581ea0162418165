"""Making Placement agree with what one host offers.

Every change is fenced by what was read first: generations of providers, then our own inventory,
then the change, which says the generation. A conductor that was paused in between, and whose
inventory is old, is refused and looks again. Making, moving and deleting a provider cannot be
fenced so: after it everything is looked at once more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn, assert_never

from cyborg_rr.domain.hardware.devices import Trouble
from cyborg_rr.domain.hardware.offering.offered import OfferedHost
from cyborg_rr.outside.calling import Code, OutsideTrouble
from cyborg_rr.outside.placement.client import (
    INVENTORY_IN_USE,
    PROVIDER_IN_USE,
    Contents,
    PlacementClient,
    Provider,
)
from cyborg_rr.outside.placement.wanted import (
    OTHER_OWNER,
    SetInventories,
    SetTraits,
    Step,
    WantedProvider,
    difference,
    is_ours,
    list_wanted,
    reserve_all,
)

MAX_ROUNDS = 6
"""Looks at one host before it has to wait, because somebody else keeps changing its providers."""

NO_ROOT = "no_compute_node"
NAME_TAKEN = "name_taken"
UUID_TAKEN = "uuid_taken"
OWNED_BY_OTHER = "owned_by_compute"
REFUSED = "refused"
IN_USE = "in_use"

PASSING = frozenset({NO_ROOT, NAME_TAKEN, UUID_TAKEN, OWNED_BY_OTHER, REFUSED, IN_USE})
"""Causes that end outside, without our inventory changing: they are looked at again before long."""

_ORPHAN = 0
"""Stands for what is wanted of a provider whose device is not known any more."""


class _Stale(Exception):
    """Somebody changed a provider since it was read."""


class _Withheld(Exception):
    """A provider cannot be what it should be."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.trouble = Trouble(code, text)


@dataclass(frozen=True, slots=True)
class _Known:
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
class _Memory:
    """What is remembered of a host, so that what has not changed is neither read nor written."""

    root: str | None = None
    providers: dict[str, _Known] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Tree:
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
    ``others`` are hosts whose providers hang here: they must fetch them.
    """

    host: OfferedHost
    causes: dict[int, Trouble | None] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    newly_kept: list[str] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    settled: bool = True

    @property
    def is_passing(self) -> bool:
        """Whether something stands in the way that may end without our inventory changing."""
        causes = {cause.code for cause in self.causes.values() if cause is not None}
        return bool(self.kept) or not causes.isdisjoint(PASSING)


class Synchroniser:
    """Brings Placement in line with hosts, one at a time for each host.

    ``read`` gives what a host offers as it is stored now; ``find_known`` the hosts that offer
    providers, by the uuids of those.
    """

    def __init__(
        self,
        client: PlacementClient,
        read: Callable[[str], OfferedHost],
        find_known: Callable[[Collection[str]], Mapping[str, str]],
    ) -> None:
        self._client = client
        self._read = read
        self._find_known = find_known
        self._memory: dict[str, _Memory] = {}

    def synchronise(self, hostname: str, seen: Sequence[Provider] = ()) -> Outcome:
        """Make the providers of a host as they should be; ``OutsideTrouble`` when nobody answers.

        ``seen`` are providers of the host that a list of all has just shown, with their
        generations: where they are all there should be, no call is made for what has not changed.
        """
        memory = self._memory.setdefault(hostname, _Memory())
        tree = self._recall(memory, hostname, seen)
        for _ in range(MAX_ROUNDS):
            tree = tree or self._look(memory, hostname)
            host = self._read(hostname)  # after the generations: see above
            outcome = _Round(self._client, memory, tree, self._find_known, host).run()
            if outcome.settled:
                break
            tree = None
        if tree is not None and not host.devices and not memory.providers:
            del self._memory[hostname]
        return outcome

    def list_roots(self) -> dict[str, str]:
        """The hosts whose compute nodes are known, by the uuid of that provider."""
        return {
            memory.root: hostname
            for hostname, memory in list(self._memory.items())
            if memory.root is not None
        }

    def forget(self) -> None:
        """Look at everything again."""
        self._memory.clear()
        self._client.forget_names()

    @staticmethod
    def _recall(memory: _Memory, hostname: str, seen: Sequence[Provider]) -> _Tree | None:
        """The tree as it was listed, where all that is remembered of the host is in it."""
        by_uuid = {provider.uuid: provider for provider in seen}
        if memory.root is None or not memory.providers or memory.providers.keys() != by_uuid.keys():
            return None
        root = Provider(memory.root, hostname, 0, None, memory.root)
        return _Tree(root, by_uuid)

    def _look(self, memory: _Memory, hostname: str) -> _Tree | None:
        """The tree of a compute node; one more call where its root is another one than before."""
        if memory.root is not None:
            tree = _make_tree(self._client.list_tree(memory.root), hostname)
            if tree is not None:
                return tree
        root = self._client.find_by_name(hostname)
        memory.root = None
        if root is None or root.parent is not None:
            return None
        memory.root = root.uuid
        return _make_tree(self._client.list_tree(root.uuid), hostname)


def _make_tree(providers: Iterable[Provider], hostname: str) -> _Tree | None:
    by_uuid = {provider.uuid: provider for provider in providers}
    root = next((each for each in by_uuid.values() if each.name == hostname), None)
    return None if root is None or root.parent is not None else _Tree(root, by_uuid)


class _Round:
    """One look at one host."""

    def __init__(
        self,
        client: PlacementClient,
        memory: _Memory,
        tree: _Tree | None,
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
            text = f"Placement knows no compute node of the name {self._host.name}"
            self._outcome.causes = {each.deployable_id: Trouble(NO_ROOT, text) for each in wanted}
            self._memory.providers.clear()
            return self._outcome
        for each in wanted:
            self._outcome.causes[each.deployable_id] = self._settle_one(tree, each)
        self._settle_orphans(tree, {each.uuid for each in wanted})
        return self._outcome

    def _settle_one(self, tree: _Tree, wanted: WantedProvider) -> Trouble | None:
        try:
            return self._settle(tree, wanted)
        except _Withheld as withheld:
            return withheld.trouble
        except _Stale:
            self._outcome.settled = False
            return wanted.trouble

    def _settle(self, tree: _Tree, wanted: WantedProvider) -> Trouble | None:
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
            self._remember(wanted.uuid, _Known(provider.generation, mark, owned))
            return owned
        if not is_placed:
            self._client.move(wanted.uuid, wanted.name, tree.root.uuid)
            raise _Stale
        generation, trouble = self._bring(wanted, actual)
        self._remember(wanted.uuid, _Known(generation, mark, trouble))
        return trouble

    def _make(self, tree: _Tree, wanted: WantedProvider) -> Provider:
        """The provider, made now, or brought from another tree where it is ours.

        Whoever has the name under another uuid, or the uuid under another name, is somebody else.
        """
        namesake = tree.find_by_name(wanted.name)
        if namesake is None:
            try:
                made = self._client.create(wanted.uuid, wanted.name, tree.root.uuid)
            except OutsideTrouble as trouble:
                if trouble.code is Code.INVALID:  # its parent has just gone, or its name is none
                    raise _Withheld(REFUSED, trouble.text) from trouble
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
        try:
            usable = self._client.ensure_traits(wanted.traits)
            self._client.ensure_class(wanted.resource_class)
            fitting = replace(wanted, traits=usable)
            try:
                return self._apply(wanted.uuid, actual, difference(fitting, actual)), wanted.trouble
            except OutsideTrouble as trouble:
                if trouble.detail != INVENTORY_IN_USE:
                    raise
            steps = difference(fitting, actual, keeps_leftovers=True)
            text = "somebody has an allocation of what it was offered as before"
            return self._apply(wanted.uuid, actual, steps), Trouble(IN_USE, text)
        except OutsideTrouble as trouble:
            self._raise(trouble)

    def _apply(self, uuid: str, actual: Contents, steps: Iterable[Step]) -> int:
        generation = actual.generation
        for step in steps:
            match step:
                case SetInventories(inventories):
                    generation = self._client.set_inventories(uuid, generation, inventories)
                case SetTraits(traits):
                    generation = self._client.set_traits(uuid, generation, traits)
                case _:
                    assert_never(step)
        return generation

    def _raise(self, trouble: OutsideTrouble) -> NoReturn:
        """What a refused change means for the provider, where it is the provider's own matter."""
        if trouble.code in (Code.CONFLICT, Code.MISSING):
            raise _Stale from trouble
        if trouble.code is Code.INVALID:
            self._client.forget_names()  # somebody may have deleted a trait that we made
            raise _Withheld(REFUSED, trouble.text) from trouble
        raise trouble

    def _remember(self, uuid: str, known: _Known) -> None:
        self._memory.providers[uuid] = known

    def _settle_orphans(self, tree: _Tree, wanted: Collection[str]) -> None:
        """Delete what is ours in the tree and belongs to no device; reserve what is in use."""
        left = {
            uuid: provider
            for uuid, provider in tree.providers.items()
            if uuid not in wanted and uuid != tree.root.uuid and is_ours(uuid, provider.name)
        }
        of_others = self._find_known(left) if left else {}
        for uuid, provider in left.items():
            known = self._memory.providers.get(uuid)
            if uuid in of_others:
                self._outcome.others.add(of_others[uuid])
                continue
            try:
                if (
                    known is not None
                    and known.is_as(provider, _ORPHAN)
                    and self._client.is_used(uuid)
                ):
                    self._outcome.kept.append(provider.name)
                else:
                    self._settle_orphan(provider)
            except _Stale:
                self._outcome.settled = False
        for uuid in self._memory.providers.keys() - wanted - left.keys():
            del self._memory.providers[uuid]

    def _settle_orphan(self, provider: Provider) -> None:
        actual = self._read(provider)
        if OTHER_OWNER in actual.traits:
            return
        try:
            self._client.delete(provider.uuid)
        except OutsideTrouble as trouble:
            if trouble.detail != PROVIDER_IN_USE:
                if trouble.code is Code.CONFLICT:
                    return  # somebody else has put providers below it
                raise
        else:
            self._memory.providers.pop(provider.uuid, None)
            self._outcome.settled = False
            return
        try:
            generation = self._apply(provider.uuid, actual, self._mark(actual))
        except OutsideTrouble as trouble:
            if trouble.code in (Code.CONFLICT, Code.MISSING):
                raise _Stale from trouble
            raise
        self._remember(provider.uuid, _Known(generation, _ORPHAN))
        self._outcome.kept.append(provider.name)
        self._outcome.newly_kept.append(provider.name)

    def _mark(self, actual: Contents) -> list[Step]:
        steps = reserve_all(actual)
        for step in steps:
            if isinstance(step, SetTraits):
                self._client.ensure_traits(step.traits)
        return steps

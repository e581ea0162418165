"""Making Placement agree with what one host offers.

Every change is fenced by what was read first: generations of providers, then our own inventory,
then the change, which says the generation. A conductor that was paused in between, and whose
inventory is old, is refused and looks again. A generation does not tell when our inventory became
what is there already, for then nobody writes: so it is read again after each write. Making, moving
and deleting a provider cannot be fenced so: after it everything is looked at once more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from cyborg_rr.domain.hardware.offering.offered import OfferedHost
from cyborg_rr.outside.placement.client import PlacementClient, Provider
from cyborg_rr.outside.placement.settling import Memory, Outcome, Round, Tree
from cyborg_rr.outside.placement.wanted import list_wanted

MAX_ROUNDS = 6
"""Looks at one host before it has to wait, because somebody else keeps changing its providers."""


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
        self._memory: dict[str, Memory] = {}

    def synchronise(self, hostname: str, seen: Sequence[Provider] = ()) -> Outcome:
        """Make the providers of a host as they should be; ``OutsideTrouble`` when nobody answers.

        ``seen`` are providers of the host that a list of all has just shown, with their
        generations: where they are all there should be, no call is made for what has not changed.
        """
        memory = self._memory.setdefault(hostname, Memory())
        tree = self._recall(memory, hostname, seen)
        for _ in range(MAX_ROUNDS):
            tree = tree or self._look(memory, hostname)
            host = self._read(hostname)  # after the generations: see above
            outcome = Round(self._client, memory, tree, self._find_known, host).run()
            if outcome.has_written and list_wanted(self._read(hostname)) != list_wanted(host):
                outcome.settled = False
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

    @staticmethod
    def _recall(memory: Memory, hostname: str, seen: Sequence[Provider]) -> Tree | None:
        """The tree as it was listed, where all that is remembered of the host is in it."""
        by_uuid = {provider.uuid: provider for provider in seen}
        if memory.root is None or not memory.providers or memory.providers.keys() != by_uuid.keys():
            return None
        root = Provider(memory.root, hostname, 0, None, memory.root)
        return Tree(root, by_uuid)

    def _look(self, memory: Memory, hostname: str) -> Tree | None:
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


def _make_tree(providers: Iterable[Provider], hostname: str) -> Tree | None:
    by_uuid = {provider.uuid: provider for provider in providers}
    root = next((each for each in by_uuid.values() if each.name == hostname), None)
    return None if root is None or root.parent is not None else Tree(root, by_uuid)

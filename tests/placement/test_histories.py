"""Whatever happens in whatever order: what Placement gives out can be had, and they agree."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from cyborg_rr.domain.errors import AgentUnavailable
from cyborg_rr.domain.hardware.devices import Device, Trouble
from cyborg_rr.outside.placement.wanted import list_wanted
from tests.builders import change_handles, make_device, make_divided_device, make_partitioned_device
from tests.placement.conftest import World

HOSTS = ("host-1", "host-2")
GROUP = {"resources:PGPU": "1"}


@dataclass
class History:
    """One cloud with instances that come and go, and others who write to its Placement."""

    world: World
    chance: random.Random
    has: dict[str, dict[int, Device]] = field(default_factory=dict)
    bound: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        for host in HOSTS:
            self.world.add_compute_node(host)
            self.has[host] = {number: _make(host, number) for number in range(4)}
            self._report(host)

    def step(self) -> None:
        """One thing that can happen."""
        act = self.chance.choice(
            [self.boot] * 5
            + [self.end] * 3
            + [self.plug, self.fall_ill, self.maintain, self.meddle, self.leak, self.restart]
        )
        act()
        self.world.publisher.publish_waiting()

    def boot(self) -> None:
        """What Placement gives out is bound."""
        candidates = sorted(self.world.nova.select(GROUP))
        if not candidates:
            return
        provider = self.chance.choice(candidates)
        host, part = next(
            (host, part)
            for host in HOSTS
            for part in self.world.parts(host)
            if part.provider_uuid == provider
        )
        instance = str(uuid.uuid4())
        self.world.nova.allocate(instance, provider, part.resource_class)
        try:
            self.bound[self.world.bind(host, part, instance)] = instance
        except AgentUnavailable:
            assert host in self.world.conductor.agents.unreachable
            self.world.nova.deallocate(instance)

    def end(self) -> None:
        """An instance goes: its request first, or its allocation."""
        if not self.bound:
            return
        arq, instance = self.bound.popitem()
        acts = [lambda: self.world.unbind(arq), lambda: self.world.nova.deallocate(instance)]
        self.chance.shuffle(acts)
        for act in acts:
            act()
            if self.chance.random() < 0.5:
                self.world.publisher.publish_waiting()

    def plug(self) -> None:
        host, number = self.chance.choice(HOSTS), self.chance.randrange(5)
        if self.has[host].pop(number, None) is None:
            self.has[host][number] = _make(host, number)
        self._report(host)

    def fall_ill(self) -> None:
        host = self.chance.choice(HOSTS)
        for number, device in self.has[host].items():
            trouble = self.chance.choice([None, None, Trouble("gpu_lost", "gone")])
            self.has[host][number] = replace(device, trouble=trouble)
        self._report(host)

    def maintain(self) -> None:
        for device in self.world.devices():
            status = self.chance.choice(["enabled", "enabled", "maintaining"])
            self.world.conductor.set_device_status(device.uuid, status)

    def meddle(self) -> None:
        """Somebody else writes to our providers."""
        children = [
            child
            for root in self.world.roots.values()
            for child in self.world.nova.list_children(root).values()
        ]
        provider = self.chance.choice(children)["uuid"] if children else None
        if provider is None:
            return
        if self.chance.random() < 0.5:
            self.world.nova.set_traits(provider, {"CUSTOM_MEDDLED"})
        elif "PGPU" in self.world.nova.inventories(provider):
            self.world.nova.set_inventories(provider, {"PGPU": {"total": 9, "reserved": 9}})
        self.world.look()

    def leak(self) -> None:
        """A dead host keeps what is let go of from being clean; later it answers."""
        unreachable = self.world.conductor.agents.unreachable
        unreachable ^= {self.chance.choice(HOSTS)}

    def restart(self) -> None:
        self.world.restart()

    def settle(self) -> None:
        """The faults stop."""
        self.world.conductor.agents.unreachable.clear()
        self.world.conductor.heal()
        self.world.look()
        self.world.look()

    def check(self) -> None:
        """Placement has what is wanted, and nothing else."""
        allocated = Counter(self.bound.values())
        for host in HOSTS:
            wanted = {each.name: each for each in list_wanted(self.world.offered(host))}
            children = self.world.nova.list_children(self.world.roots[host])
            extra = children.keys() - wanted.keys()
            for name in extra:  # only what somebody has an allocation of, and none may have more
                provider = children[name]["uuid"]
                assert sum(self.world.nova.usage(provider).values()) > 0
                assert self.world.nova.open_units(provider, "PGPU") == 0
            assert wanted.keys() <= children.keys()
            for each in wanted.values():
                record = self.world.nova.inventories(each.uuid)["PGPU"]
                assert (record["total"], record["reserved"]) == (each.total, each.reserved)
                assert each.traits <= self.world.nova.traits(each.uuid)
                assert self.world.nova.usage(each.uuid)["PGPU"] <= each.total
        assert all(count == 1 for count in allocated.values())

    def _report(self, host: str) -> None:
        self.world.report(host, *self.has[host].values())


def _make(host: str, number: int) -> Device:
    match number:
        case 0:
            return make_partitioned_device(host, number)
        case 1:
            return make_divided_device(host, number, 3, unit="g1")
        case 2:
            return change_handles(make_device(host, number), unit="g1")
        case _:
            return make_device(host, number, handles=2)


@pytest.mark.parametrize("seed", range(2))
def test_any_history_ends_in_agreement(world: World, seed: int) -> None:
    history = History(world, random.Random(seed))
    history.start()
    for _ in range(25):
        history.step()
    history.settle()
    history.check()

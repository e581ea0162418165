"""What is played: each use case after a start without faults, and all of a request's life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cyborg_rr.domain.hardware.stored import OperatorStatus
from tests.long.faults.world import World

Scenario = Callable[[World], None]
"""Plays it; it closes the gate where the faults may begin."""


def report(world: World) -> None:
    """A new host reports, then something on it changes, then a device goes and comes back."""
    world.gate.close()
    world.report()
    world.publish()
    whole = world.driver.devices
    first = replace(whole[0], fields=replace(whole[0].fields, model="Another"))
    world.driver.devices = [first, *whole[1:]]
    world.report()
    world.driver.devices = whole[:1]
    world.report()
    world.publish()
    world.driver.devices = whole
    world.report()
    pass_a_period(world)


def bind(world: World) -> None:
    """Two requests are bound for one instance, and Nova is told."""
    _start(world)
    world.gate.close()
    arqs = world.create(2)
    world.bind({arqs[0]: 0, arqs[1]: 1})
    world.tell_nova()
    world.publish()
    pass_a_period(world)


def refused(world: World) -> None:
    """A driver fails, so that the bind fails, and Nova is told so; then it is bound anew."""
    _start(world)
    (arq, other) = (world.create(1)[0], world.create(1)[0])
    world.driver.refuses = frozenset({"driver prepare"})
    world.gate.close()
    world.bind({arq: 0})
    world.tell_nova()
    world.driver.refuses = frozenset()
    world.publish()
    world.delete(arq)
    world.bind({other: 0})
    pass_a_period(world)


def unbind(world: World) -> None:
    """A request is unbound and its handle cleaned; another instance gets it. One stays bound."""
    first, _, instance = _start_bound(world)
    world.gate.close()
    world.unbind(first)
    world.publish()
    world.deallocate(instance)
    world.bind({world.create(1)[0]: 0})
    world.tell_nova()
    pass_a_period(world)


def delete(world: World) -> None:
    """An instance is deleted with its requests, another request while it is not bound."""
    _, free, instance = _start_bound(world)
    world.gate.close()
    world.delete_of_instance(instance)
    world.deallocate(instance)
    world.publish()
    world.delete(free)
    pass_a_period(world)


def clean(world: World) -> None:
    """One handle was not let go of and another not cleaned: both are tried again."""
    first, _, instance = _start_bound(world)
    kept = next(arq for arq, told in world.told.items() if told == "bound" and arq != first)
    world.driver.refuses = frozenset({"driver release"})
    world.unbind(first)
    world.driver.refuses = frozenset({"driver clean"})
    world.unbind(kept)
    world.driver.refuses = frozenset()
    world.deallocate(instance)
    world.gate.close()
    world.heal()
    world.retry_cleans()
    world.publish()
    pass_a_period(world)


def publish(world: World) -> None:
    """A device is taken out of use and put back, and one goes, while one is in use."""
    _start_bound(world)
    world.gate.close()
    world.set_status(0, OperatorStatus.MAINTAINING)
    world.publish()
    world.set_status(0, OperatorStatus.ENABLED)
    world.look_at_placement()
    whole = world.driver.devices
    world.driver.devices = whole[1:]
    world.report()
    world.publish()
    world.driver.devices = whole
    pass_a_period(world)


def life(world: World) -> None:
    """Everything in a row, from the first report to the last delete."""
    world.gate.close()
    world.report()
    world.publish()
    first, kept, free = (world.create(1)[0] for _ in range(3))
    instance = world.bind({first: 0})
    world.bind({kept: 1})
    world.tell_nova()
    world.publish()
    pass_a_period(world)
    world.unbind(first)
    world.deallocate(instance)
    world.publish()
    again = world.bind({first: 0})
    world.tell_nova()
    world.delete_of_instance(again)
    world.deallocate(again)
    world.delete(free)
    pass_a_period(world)


SCENARIOS: dict[str, Scenario] = {
    play.__name__: play for play in (report, bind, refused, unbind, delete, clean, publish, life)
}


def _start(world: World) -> None:
    world.report()
    world.publish()


def _start_bound(world: World) -> tuple[str, str, str]:
    """One request is bound to each device, for an instance each, and one is not bound."""
    _start(world)
    first, kept, free = (world.create(1)[0] for _ in range(3))
    instance = world.bind({first: 0})
    world.bind({kept: 1})
    world.tell_nova()
    world.publish()
    return first, free, instance


def pass_a_period(world: World) -> None:
    """What happens anyway: reports, healing, and what waits for others."""
    world.report()
    world.heal()
    world.tell_nova()
    world.look_at_placement()

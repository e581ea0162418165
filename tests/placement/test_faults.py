"""Every call to Placement fails in turn, before and after its effect; several write at a time."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest

from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.outside.calling import Code, OutsideTrouble
from cyborg_rr.outside.placement.wanted import list_wanted
from tests.builders import make_device, make_partitioned_device
from tests.placement.conftest import World

MAX_CALLS = 40


class _Faults:
    """Lets the call of one number fail: the service never hears of it, or we not of the answer."""

    def __init__(self, world: World, *, after: bool) -> None:
        self._call = world.caller.call
        self._after = after
        self._left: int | None = None
        self.struck = False
        world.caller.call = self  # type: ignore[method-assign]

    def strike(self, number: int | None) -> None:
        """Let the call after so many fail."""
        self._left = number
        self.struck = False

    def __call__(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        if self._left == 0:
            self._left, self.struck = None, True
            if self._after:
                self._call(method, path, body, **query)
            raise OutsideTrouble("Placement", Code.UNREACHABLE, "cut")
        if self._left is not None:
            self._left -= 1
        return self._call(method, path, body, **query)


@pytest.mark.parametrize("after", [False, True], ids=["before its effect", "after its effect"])
def test_no_call_that_fails_leaves_anything_behind(world: World, after: bool) -> None:
    faults = _Faults(world, after=after)
    for number in range(MAX_CALLS):
        host = f"host-{number}"
        world.add_compute_node(host)
        faults.strike(number)
        world.report(host, make_device(host, 0), make_partitioned_device(host, 1))
        world.conductor.set_device_status(_device(world, host), "maintaining")
        world.publisher.publish_waiting()
        world.report(host, make_partitioned_device(host, 1))
        struck = faults.struck
        faults.strike(None)
        world.publisher._waiting.resume()  # the pause after a failure is not waited for
        world.publisher.host_changed(host)
        world.publisher.publish_waiting()
        _check(world, host)
        if not struck:
            assert number > 20, "the calls were not struck"
            return
    raise AssertionError("there are more calls than were struck")


def _device(world: World, host: str) -> str:
    return next(device.uuid for device in world.devices() if device.hostname == host)


def _check(world: World, host: str) -> None:
    wanted = {each.name: each for each in list_wanted(world.offered(host))}
    children = world.nova.list_children(world.roots[host])
    assert children.keys() == wanted.keys()
    for each in wanted.values():
        record = world.nova.inventories(each.uuid)["PGPU"]
        assert (record["total"], record["reserved"]) == (each.total, each.reserved)
        assert each.traits <= world.nova.traits(each.uuid)


def test_conductors_that_publish_at_the_same_time_agree_in_the_end(world: World) -> None:
    host = "host-1"
    world.add_compute_node(host)
    others = [world.second_publisher() for _ in range(2)]
    world.conductor.publishers.extend(others)
    world.conductor.add_host(_host(host))
    for publisher in (world.publisher, *others):
        publisher.start()
    parts = world.parts(host)
    lock = threading.Lock()

    def live(number: int) -> None:
        for turn in range(6):
            try:
                with lock:  # the direct conductor's ledger is one
                    arq = world.bind(host, parts[(number + turn) % len(parts)], str(uuid.uuid4()))
                with lock:
                    world.unbind(arq)
            except CyborgError:
                continue  # others have what it wanted

    threads = [threading.Thread(target=live, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for publisher in (world.publisher, *others):
        publisher.stop()
    last = world.second_publisher()
    last.host_changed(host)
    last.publish_waiting()
    _check(world, host)


def _host(host: str) -> Snapshot:
    return Snapshot(host, (make_device(host, 0), make_partitioned_device(host, 1)))

"""Placement that is down, slow, endless or talks rubbish: bounded, told once, tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cyborg_rr.conf.opts import make_config
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.domain.hardware.devices import Snapshot
from cyborg_rr.outside.calling import OutsideTrouble, make_caller
from cyborg_rr.outside.placement.client import PlacementClient
from tests.builders import make_device
from tests.fakes.hostile_http import ANSWERS, serve, stand_before
from tests.patience import without_waiting
from tests.placement.conftest import World, make_counting_caller
from tests.servers.fixtures import address_or_skip
from tests.servers.placement import Placement

ONE_OF_EACH_KIND = [
    "nothing",
    "endless body",
    "half an answer",
    "a page of a proxy",
    "a page instead",
    "another shape",
    "forbidden",
    "too old",
]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_call_of_a_server_like_this_ends_soon_and_says_why(name: str, tmp_path: Path) -> None:
    answer, code = ANSWERS[name]
    threads = threading.active_count()
    with serve(answer) as url:
        client = PlacementClient(
            make_counting_caller(url, tmp_path, seconds=0.5, max_bytes=1 << 20)
        )
        with without_waiting(), pytest.raises(OutsideTrouble) as caught:
            client.find_by_name("host-1")
    assert caught.value.code == code, str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert "<html>" not in str(caught.value)
    assert threading.active_count() <= threads + 3  # those of the server end by themselves


def test_nobody_who_listens_is_unreachable(tmp_path: Path) -> None:
    client = PlacementClient(make_counting_caller("http://127.0.0.1:9", tmp_path))
    with pytest.raises(OutsideTrouble) as caught:
        client.find_by_name("host-1")
    assert caught.value.code == "unreachable"
    where = "http://127.0.0.1:9/resource_providers"
    assert caught.value.text == f"cannot connect to {where}: Connection refused"


def test_a_mistake_in_the_options_names_their_group(tmp_path: Path) -> None:
    file = tmp_path / "rr.conf"
    file.write_text("[placement]\nauth_type = no_such_plugin\n")
    conf = make_config([], files=[str(file)])
    with pytest.raises(InvalidInput, match=r"\[placement\]"):
        make_caller(conf, "placement", "Placement", seconds=1, max_bytes=1000)


def test_without_a_way_to_authenticate_there_is_no_caller() -> None:
    conf = make_config([], files=[])
    assert make_caller(conf, "placement", "Placement", seconds=1, max_bytes=1000) is None


def test_what_happens_while_placement_is_down_is_there_afterwards(
    make_world: Callable[..., World], caplog: pytest.LogCaptureFixture
) -> None:
    server = Placement()
    address = address_or_skip(server)
    name = f"down-{time.monotonic_ns()}"
    world = make_world(server.create(address, name))
    try:
        root = world.add_compute_node("host-1")
        world.publisher.start()
        server.stop(address, name)
        with caplog.at_level("INFO", logger="cyborg_rr"):
            world.conductor.add_host(_snapshot(3))
            _wait_until(lambda: "Placement is not brought up to date" in caplog.text)
            time.sleep(3.5)  # it is tried again meanwhile
            server.create(address, name)
            _wait_until(lambda: len(world.nova.list_children(root)) == 3, 60)
            _wait_until(lambda: "brought up to date again" in caplog.text)
        told = [record for record in caplog.records if record.levelname == "WARNING"]
        kinds = {record.getMessage().partition("(")[2].partition(")")[0] for record in told}
        assert len(told) == len(kinds), caplog.text  # one line for each kind of trouble
        assert not [record for record in caplog.records if record.exc_info]
    finally:
        with without_waiting():
            world.publisher.stop()
        server.drop(address, name)


def test_what_a_placement_like_this_is_told_is_told_again_when_it_is_sound(
    make_world: Callable[..., World], placement_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with stand_before(placement_url) as (url, front):
        world = make_world(url, seconds=1, max_bytes=1 << 20)
        for name in ONE_OF_EACH_KIND:
            answer, code = ANSWERS[name]
            root = world.add_compute_node(f"host of {name}")
            front.turn(answer)
            caplog.clear()
            world.report(f"host of {name}", make_device(f"host of {name}", 0))
            (told,) = (record for record in caplog.records if record.levelname == "WARNING")
            assert f"({code})" in told.getMessage(), name
            assert "\n" not in told.getMessage()
            assert told.exc_info is None
            front.turn(None)
            while len(world.publisher._waiting):
                world.publisher._waiting.resume()  # the pause after a failure is not waited for
                world.publisher.publish_waiting()
            assert len(world.nova.list_children(root)) == 1, name


def test_the_end_does_not_wait_for_a_placement_that_hangs(
    make_world: Callable[..., World],
) -> None:
    with serve(ANSWERS["nothing"][0]) as url:
        world = make_world(url, seconds=60)
        world.publisher.start()
        world.conductor.add_host(_snapshot(1))
        time.sleep(0.3)
        with without_waiting(60):
            world.publisher.stop()


def test_nobody_waits_for_placement_who_changes_something(
    make_world: Callable[..., World],
) -> None:
    with serve(ANSWERS["nothing"][0]) as url:
        world = make_world(url, seconds=60)
        world.publisher.start()
        with without_waiting(60):
            world.conductor.add_host(_snapshot(1))
            world.conductor.set_device_status(world.devices()[0].uuid, "maintaining")
        world.publisher.stop()


def _snapshot(devices: int) -> Snapshot:
    return Snapshot("host-1", tuple(make_device("host-1", number) for number in range(devices)))


def _wait_until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)

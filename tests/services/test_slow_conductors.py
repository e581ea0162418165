"""A conductor that lives is waited for, however slow it is; only one that died is not."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor

from tests.services.test_conductors_away import LEASE_SECONDS, Service, begin_bind
from tests.services.test_conductors_away import service as service

SLOW_SECONDS = 3 * LEASE_SECONDS
PAUSE_SECONDS = 0.75 * LEASE_SECONDS
"""Its lease outlives that, which it renews four times in it."""


def prepare(service: Service) -> None:
    service.start("conductor", "one")
    service.start_api()
    service.start("agent", "compute-1")
    service.client.wait_for_devices(4)
    service.client.create_profile("p", [{"resources:PGPU": "1"}])


def test_a_bind_is_waited_for_though_its_host_is_slow_and_its_conductor_was_paused(
    service: Service,
) -> None:
    prepare(service)
    agent, conductor = (service.started[name].process for name in ("compute-1", "one"))
    with ThreadPoolExecutor(1) as pool:
        agent.send_signal(signal.SIGSTOP)
        arq, call = begin_bind(service, pool)
        began = time.monotonic()
        time.sleep(1)  # then it cannot say in the middle of a lease that it is at work
        conductor.send_signal(signal.SIGSTOP)
        time.sleep(PAUSE_SECONDS)
        conductor.send_signal(signal.SIGCONT)
        time.sleep(began + SLOW_SECONDS - time.monotonic())
        agent.send_signal(signal.SIGCONT)
        answer = call.result(30)
    assert answer.status_code == 202, answer.text
    assert service.client.get(f"/v2/accelerator_requests/{arq}")["state"] == "Bound"


def test_a_conductor_that_is_asked_to_end_finishes_the_bind_that_it_has_begun(
    service: Service,
) -> None:
    prepare(service)
    agent, conductor = (service.started[name].process for name in ("compute-1", "one"))
    with ThreadPoolExecutor(1) as pool:
        agent.send_signal(signal.SIGSTOP)
        arq, call = begin_bind(service, pool)
        conductor.send_signal(signal.SIGTERM)
        time.sleep(SLOW_SECONDS)
        assert conductor.poll() is None
        (shown,) = service.client.get("/v2/conductors")["conductors"]
        assert shown["state"] == "up"  # nobody undoes what it still does
        agent.send_signal(signal.SIGCONT)
        answer = call.result(30)
    assert answer.status_code == 202, answer.text
    assert service.client.get(f"/v2/accelerator_requests/{arq}")["state"] == "Bound"
    assert conductor.wait(30) == 0
    (shown,) = service.client.get("/v2/conductors")["conductors"]
    assert shown["state"] == "down"

"""One silent host, ten binds on it and fifty idle connections: everybody else is served."""

from __future__ import annotations

import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import requests

from tests.api.stage import Stage
from tests.fakes.keystone import SERVICE_TOKEN
from tests.fakes.silent import DEAD, render_bind, serving_beside_a_silent_host

HEADERS = {"X-Auth-Token": "admin", "X-Service-Token": SERVICE_TOKEN}
BINDS, IDLE, OTHERS = 10, 50, 20


def test_a_silent_host_keeps_nobody_waiting_but_those_who_bind_on_it(stage: Stage) -> None:
    """Nothing is timed: the host answers only after all others were served."""
    arqs = [stage.create_arqs(token="admin")[0] for _ in range(BINDS + 1)]
    limit = stage.conf.api.calls_per_host
    with ExitStack() as stack:
        server, conductor = stack.enter_context(serving_beside_a_silent_host(stage))
        url = f"http://127.0.0.1:{server.port}"

        def bind(arq: str, host: str) -> requests.Response:
            body = render_bind(arq, host)
            path = f"{url}/v2/accelerator_requests"
            return requests.patch(path, json=body, headers=HEADERS, timeout=60)

        for _ in range(IDLE):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        with ThreadPoolExecutor(BINDS) as pool:
            binds = [pool.submit(bind, arq, DEAD) for arq in arqs[:BINDS]]
            for _ in range(limit):
                assert conductor.waiting.acquire(timeout=30)
            for path in ["/healthcheck", "/v2/devices", "/v2/accelerator_requests"] * OTHERS:
                assert requests.get(url + path, headers=HEADERS, timeout=30).status_code == 200
            assert bind(arqs[BINDS], "well").status_code == 202
            assert not conductor.waiting.acquire(blocking=False)
            conductor.gate.set()
            answers = [done.result() for done in binds]
    told = Counter(answer.status_code for answer in answers)
    assert told[202] == limit
    assert told[503] + told[404] == BINDS - limit  # who was held back finds nothing free any more
    refused = [answer for answer in answers if answer.status_code == 503]
    assert all(answer.headers["Retry-After"] == "5" for answer in refused)
    assert all("requests wait for host dead" in answer.text for answer in refused)

"""How fast the API's server answers beside a silent host and idle connections, and what it holds.

Run: python -m tests.benchmarks.bench_door
"""

from __future__ import annotations

import http.client
import re
import socket
import statistics
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from tests.api.stage import Stage
from tests.fakes.keystone import SERVICE_TOKEN
from tests.fakes.silent import DEAD, render_bind, serving_beside_a_silent_host

HEADERS = {"X-Auth-Token": "admin", "X-Service-Token": SERVICE_TOKEN}
BINDS, IDLE, ASKED = 10, 50, 300


def read_mib(field: str) -> float:
    """A memory figure of this process."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def ask(port: int, path: str) -> str:
    """Ask many times on one connection, as many as a thread can; median and worst."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    took = []
    for _ in range(ASKED):
        began = time.perf_counter()
        connection.request("GET", path, headers=HEADERS)
        answer = connection.getresponse()
        answer.read()
        took.append((time.perf_counter() - began) * 1e3)
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
    connection.close()
    return f"median {statistics.median(took):5.2f} ms, worst {max(took):6.2f} ms"


def main() -> None:
    """Print figures without and beside the silent host."""
    with tempfile.TemporaryDirectory() as directory:
        stage = Stage(Path(directory))
        stage.add_host("compute-1", devices=8)
        arqs = [stage.create_arqs(token="admin")[0] for _ in range(BINDS)]
        with serving_beside_a_silent_host(stage) as (server, conductor):
            measure(server.port, arqs, conductor.waiting)
            conductor.gate.set()
        stage.close()


def measure(port: int, arqs: list[str], waiting: threading.Semaphore) -> None:
    """Ask alone, then beside idle connections and binds that wait."""

    def bind(arq: str) -> int:
        url = f"http://127.0.0.1:{port}/v2/accelerator_requests"
        return requests.patch(url, json=render_bind(arq, DEAD), headers=HEADERS).status_code

    paths = ("/healthcheck", "/v2/devices")
    for path in paths:
        print(f"alone                  {path:14} {ask(port, path)}")
    before = read_mib("VmRSS")
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(IDLE)]
    pool = ThreadPoolExecutor(BINDS)
    for arq in arqs:
        pool.submit(bind, arq)
    for _ in range(4):
        waiting.acquire(timeout=30)
    for path in paths:
        print(f"beside a silent host   {path:14} {ask(port, path)}")
    print(f"{IDLE} connections and {BINDS} binds: {read_mib('VmRSS') - before:.1f} MiB more")
    for connection in idle:
        connection.close()
    pool.shutdown(wait=False)


if __name__ == "__main__":
    main()

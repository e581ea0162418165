"""What a report costs of which one device changed: all that the host has, against what changed.

Usage: ``python -m tests.benchmarks.bench_reports``. Prints bytes on the bus and processor time, the
median of many, of an agent (from the snapshot to the message) and of a conductor (from the message
to the stored rows, on SQLite).
"""

from __future__ import annotations

import gc
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cyborg_rr.catalogue.loading import load
from cyborg_rr.conductor.endpoint import ConductorEndpoint
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database
from cyborg_rr.domain.hardware.devices import Device, Snapshot
from cyborg_rr.domain.hardware.hosts import HostIdentity
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.changes import Told, note_told, render_changes
from cyborg_rr.rpc.refusals import read_answer
from tests.builders import make_device, make_divided_device

ROUNDS = 50
HOST = "host"
SELF = HostIdentity("6e9f0c1a-0000-4000-8000-000000000001", "", HOST, "run", None, messages.MINOR)

Content = dict[str, Any]
Render = Callable[[Content, Told], Content | None]


def render_whole(content: Content, _before: Told) -> Content:
    """All that the host has."""
    messages.hash_content(content)  # for the synchronisation
    return content


def render_difference(content: Content, before: Told) -> Content | None:
    """What changed."""
    return render_changes(content, note_told(content), before)


def change(device: Device, number: int) -> Device:
    """The device with something new to say of it."""
    return replace(device, fields=replace(device.fields, versions={"driver": f"550.{number}"}))


def bench(database: Database, devices: tuple[Device, ...], method: str, render: Render) -> None:
    """Report the devices, then again and again with one of them changed."""
    reporter = Reporter(database, load(), (), release_grace_seconds=0)
    endpoint = ConductorEndpoint(None, None, reporter, None, None, None)  # type: ignore[arg-type]
    context = messages.make_context(600, SELF)
    content = messages.render_snapshot(Snapshot(HOST, devices))
    read_answer(endpoint.report(context, "agent", json.loads(json.dumps(content))))
    told = note_told(content)
    agent_times, conductor_times = [], []
    size = 0
    for number in range(ROUNDS):
        snapshot = Snapshot(HOST, (*devices[:-1], change(devices[-1], number)))
        started = time.process_time()
        content = messages.render_snapshot(snapshot)
        message = json.dumps(render(content, told))
        agent_times.append(time.process_time() - started)
        size = len(message)
        told = note_told(content)
        gc.collect()  # what the agent left is not the conductor's
        started = time.process_time()
        answer = getattr(endpoint, method)(context, "agent", json.loads(message))
        conductor_times.append(time.process_time() - started)
        taken = read_answer(answer)
        assert taken is None or taken["taken"]
    agent, conductor = (statistics.median(t) * 1e3 for t in (agent_times, conductor_times))
    print(f"  {method:16} {size:9,} bytes   agent {agent:6.1f} ms   conductor {conductor:6.1f} ms")


def main() -> None:
    """Measure both ways for a host of few large devices and for one of many small ones."""
    hosts = {
        "8 devices of 33 handles": tuple(make_divided_device(HOST, n, 32) for n in range(8)),
        "64 devices of one handle": tuple(make_device(HOST, n) for n in range(64)),
        "64 devices of 33 handles": tuple(make_divided_device(HOST, n, 32) for n in range(64)),
    }
    ways: dict[str, Render] = {"report": render_whole, "report_changes": render_difference}
    for name, devices in hosts.items():
        print(name)
        for method, render in ways.items():
            with tempfile.TemporaryDirectory() as directory:
                url = f"sqlite:///{Path(directory) / 'bench.sqlite'}"
                database = Database(make_config([], files=[], database__connection=url).database)
                schema.upgrade(database.engine)
                bench(database, devices, method, render)
                database.close()


if __name__ == "__main__":
    main()

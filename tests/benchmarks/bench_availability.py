"""How long it takes to count and to select what of a large fleet can be had; prints medians.

python -m tests.benchmarks.bench_availability [DEVICES]

The devices are on hosts of 8, half of them held: plain ones, ones that each lie in a unit, and ones
of which a part is held (one virtual function of four).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select, update

from cyborg_rr.catalogue.loading import load
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import schema
from cyborg_rr.db.engine import Database
from cyborg_rr.db.hardware import classes, devices
from cyborg_rr.db.tables import AttachHandleRow
from cyborg_rr.domain.hardware.capacities import ALL_FUNCTIONS, FUNCTIONS
from cyborg_rr.domain.hardware.devices import Device, Snapshot
from tests.builders import change_handles, hash_of, make_device

RUNS = 7
DEVICES_PER_HOST = 8
PARTS = 4


def make_plain(host: str, number: int) -> Device:
    """A device as the first release knew them."""
    return make_device(host, number)


def make_in_unit(host: str, number: int) -> Device:
    """A device that lies in an isolation unit of its own."""
    return change_handles(make_device(host, number), unit=f"iommu_group:{number}")


def make_divided(host: str, number: int) -> Device:
    """A device with virtual functions."""
    made = change_handles(make_device(host, number, handles=PARTS), consumes={FUNCTIONS: 1})
    return replace(made, capacities={FUNCTIONS: ALL_FUNCTIONS})


def fill(database: Database, make: Callable[[str, int], Device], count: int) -> None:
    """Report hosts with that kind of device, and hold every second device with one handle."""
    reporter = Reporter(database, load(), (), release_grace_seconds=0)
    for number in range(count // DEVICES_PER_HOST):
        host = f"host-{number}"
        snapshot = Snapshot(host, tuple(make(host, n) for n in range(DEVICES_PER_HOST)))
        reporter.report(host, snapshot, hash_of(snapshot))
    with database.writing() as session:
        rows = select(AttachHandleRow.id).order_by(AttachHandleRow.id)
        every = 2 * len(make("host", 0).deployables[0].handles)
        held = session.scalars(rows).all()[::every]
        session.execute(
            update(AttachHandleRow).where(AttachHandleRow.id.in_(held)).values(state="held")
        )


def measure(name: str, work: Callable[[], object]) -> None:
    """Print the median of some runs."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    print(f"{name:48} {statistics.median(times) * 1e3:8.1f} ms")


def main() -> None:
    """Print two lines for each kind of device."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for make in (make_plain, make_in_unit, make_divided):
        with tempfile.TemporaryDirectory() as directory:
            url = f"sqlite:///{Path(directory) / 'db.sqlite'}"
            database = Database(make_config([], files=[], database__connection=url).database)
            schema.upgrade(database.engine)
            fill(database, make, count)
            kind = make.__name__.removeprefix("make_")
            with database.reading() as session:
                measure(f"{kind}: count classes of {count}", lambda: classes.list_classes(session))
                measure(f"{kind}: select of {count}", lambda: devices.list_selected(
                    session, [{"resources:PGPU": "1", "trait:CUSTOM_TEST": "required"}]
                ))  # fmt: skip
            database.close()


if __name__ == "__main__":
    main()

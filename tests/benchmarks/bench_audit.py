"""What an audit of a large cloud costs: every device held by a bound request, some of it broken.

Usage: ``python -m tests.benchmarks.bench_audit [DEVICES] [DATABASE_URL]``. Prints seconds, the
statements and the most memory of the process; without a URL on SQLite. The database must be empty.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from cyborg_rr.conductor.auditing.audit import Auditor
from cyborg_rr.conductor.auditing.finding import Patience
from cyborg_rr.conductor.auditing.outside import Outside
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db.clock import utc_now
from cyborg_rr.db.engine import Database
from cyborg_rr.db.tables import (
    AcceleratorRequestRow,
    AttachHandleRow,
    DeployableRow,
    DeviceClassRow,
    DeviceRow,
    HostRow,
)
from tests.migrated import lay_out
from tests.statements import counted

DEVICES = 80_000
DEVICES_OF_A_HOST = 8
ONE_IN = 1000
"""Of so many handles one is dirty, and of so many requests one is stuck."""

ROWS_AT_A_TIME = 2000


def fill(database: Database, devices: int) -> None:
    """Hosts, devices, handles and requests, in bulk."""
    now = utc_now()
    hosts = devices // DEVICES_OF_A_HOST
    names = [f"host-{number}" for number in range(hosts)]
    put(
        database,
        HostRow,
        ({"name": name, "agent": name, "content_hash": "x", "minor": 3} for name in names),
    )
    put(database, DeviceClassRow, [{"id": 1, "name": "class", "document": "{}"}])
    empty = dict.fromkeys(("control_path", "std_board_info", "vendor_board_info"), "{}")
    kept = {"type": "GPU", "vendor": "10de", "model": "x", "status": "enabled", "state": "present"}
    put(
        database,
        DeviceRow,
        (
            {
                "id": number,
                "uuid": str(uuid.uuid4()),
                "hostname": names[number % hosts],
                "device_key": f"{number}",
                "control_path_key": f"{number}",
                "device_class_id": 1,
                **empty,
                **kept,
            }
            for number in range(1, devices + 1)
        ),
    )
    uuids = [str(uuid.uuid4()) for _ in range(devices + 1)]
    put(
        database,
        DeployableRow,
        (
            {
                "id": number,
                "uuid": str(uuid.uuid4()),
                "device_id": number,
                "part": "",
                "name": f"deployable-{number}",
                "resource_class": "PGPU",
                "num_accelerators": 1,
                "provider_uuid": uuids[number],
            }
            for number in range(1, devices + 1)
        ),
    )
    put(
        database,
        AttachHandleRow,
        (
            {
                "uuid": str(uuid.uuid4()),
                "deployable_id": number,
                "place": "",
                "handle_key": "x",
                "type": "PCI",
                "info": "{}",
                "state": "held" if number % ONE_IN else "dirty",
                "state_since": now - timedelta(hours=1),
                "arq_uuid": uuids[number] if number % ONE_IN else None,
                "binding_id": uuids[number],
            }
            for number in range(1, devices + 1)
        ),
    )
    put(
        database,
        AcceleratorRequestRow,
        (
            {
                "uuid": uuids[number],
                "state": "Bound" if number % ONE_IN else "BindStarted",
                "device_profile_name": "p",
                "device_profile_group_id": 0,
                "group": "{}",
                "hostname": names[number % hosts],
                "provider_uuid": uuids[number],
                "instance_uuid": str(uuid.uuid4()),
                "instance_slot": 0,
                "binding_id": uuids[number],
                "bind_started_at": now - timedelta(hours=1),
            }
            for number in range(1, devices + 1)
        ),
    )


def put(database: Database, table: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Insert many rows."""
    now = utc_now()
    waiting: list[dict[str, Any]] = []
    with database.writing() as session:
        for row in rows:
            waiting.append({**row, "created_at": now})
            if len(waiting) == ROWS_AT_A_TIME:
                session.execute(insert(table), waiting)
                waiting = []
        if waiting:
            session.execute(insert(table), waiting)


def main() -> None:
    """Fill a database and audit it."""
    devices = int(sys.argv[1]) if len(sys.argv) > 1 else DEVICES
    with tempfile.TemporaryDirectory() as directory:
        default = f"sqlite:///{Path(directory) / 'bench.sqlite'}"
        url = sys.argv[2] if len(sys.argv) > 2 else default
        database = Database(make_config([], files=[], database__connection=url).database)
        lay_out(database)
        fill(database, devices)
        before = resource.getrusage(resource.RUSAGE_SELF)
        patience = Patience(timedelta(seconds=60), timedelta(seconds=600))
        begun = time.monotonic()
        with counted(database.engine) as statements:
            found = Auditor(database, patience, Outside()).find()
        seconds = time.monotonic() - begun
        after = resource.getrusage(resource.RUSAGE_SELF)
        database.close()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    more = (after.ru_maxrss - before.ru_maxrss) / 1024
    print(
        f"{database.dialect}: {devices} devices, {len(found)} findings,"
        f" {len(statements)} statements: {seconds:.1f} s ({cpu:.1f} s processor time),"
        f" {more:.0f} MiB more memory"
    )


if __name__ == "__main__":
    main()

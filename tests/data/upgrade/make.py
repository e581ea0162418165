"""Makes ``first_release.json``: what the first release stored and said, with bound requests.

Run it in a checkout of the first release, commit fb0174e, with that checkout's own environment::

    python <this file> >first_release.json

Hosts are played from the trees of its ``tests/data/sysfs`` and by its fake driver. The file has the
rows of the database, those of each host's ledger, and each host's report as a message.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path.cwd()))

from cyborg_rr.agent.attach import Attachments
from cyborg_rr.agent.discovery import Host
from cyborg_rr.agent.ledger import Ledger
from cyborg_rr.agent.service import AgentService
from cyborg_rr.catalogue.loading import load
from cyborg_rr.conductor.service import ConductorService
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import devices, profiles, requests, schema
from cyborg_rr.db.engine import Database
from cyborg_rr.domain.errors import CyborgError
from cyborg_rr.domain.requests import Binding
from cyborg_rr.drivers.driver import DriverContext
from cyborg_rr.drivers.fleet import load_fleet
from cyborg_rr.drivers.loading import load_drivers
from cyborg_rr.rpc import messages
from cyborg_rr.rpc.conductor_client import ConductorClient
from cyborg_rr.rpc.transport import make_transport
from tests.drivers.trees import load_tree

TREES = {"gpu-1": ("nvidia_gpu", "nvidia-mixed"), "fpga-1": ("intel_fpga", "intel-opae")}
FLEET = "hosts: [{name: sim-1, devices: [{product: nvidia-t4, count: 2}]}]\n"
BOUND = {"gpu-1": (0, 0), "fpga-1": (1, 1), "node-1": (0, 0), "sim-1": (1, 1)}
"""For each host the indices of its first and last deployable with a bound request."""


def make_hosts(directory: Path) -> Iterator[Host]:
    """Every host with its driver."""
    for name, (driver, tree) in TREES.items():
        root = load_tree(tree).write(directory / tree)
        yield Host(name, load_drivers([driver], DriverContext(name, root, {"nvml": False})))
    yield Host("node-1", load_drivers(["fake"], DriverContext("node-1", directory, {})))
    fleet_file = directory / "fleet.yaml"
    fleet_file.write_text(FLEET)
    options = {"fleet": load_fleet(fleet_file, load())}
    yield Host("sim-1", load_drivers(["fake"], DriverContext("sim-1", directory, options)))


def bind(client: ConductorClient, database: Database, host: str, index: int) -> str:
    """Bind a new request to a deployable of the host, for a new instance."""
    with database.reading() as session:
        parts = [p for p in devices.list_deployables(session) if p.name.startswith(f"{host}_")]
    part = parts[index]
    with database.writing() as session:
        wanted = {f"resources:{dict(part.attributes)['rc']}": "1"}
        profile = profiles.create_profile(session, f"p-{uuid.uuid4().hex}", [wanted])
        (arq,) = requests.create_requests(session, profile, "project")
    client.bind([Binding(arq.uuid, host, part.rp_uuid, str(uuid.uuid4()), "project")], "project")
    return str(arq.uuid)


def rows_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of a SQLite file by table."""
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        names = [
            row["name"]
            for row in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            )
        ]
        return {
            name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
            for name in names
        }


def main() -> None:
    """Play it and print the file."""
    directory = Path(tempfile.mkdtemp())
    path = directory / "service.sqlite"
    conf = make_config(
        [],
        files=[],
        database__connection=f"sqlite:///{path}",
        host="conductor",
        conductor__agent_timeout=3,
        conductor__heal_interval=3600,
    )
    transport = make_transport(conf, "fake://")
    database = Database(conf)
    schema.upgrade(database.engine)
    conductor = ConductorService(conf, database, transport, load())
    conductor.start()
    client = ConductorClient(transport, 30)
    reports, agents = {}, {}
    for host in make_hosts(directory):
        ledger = Ledger(directory / f"{host.name}.ledger")
        agent = AgentService(host.name, [host], Attachments(ledger), client, transport, 3600)
        assert agent.report_all()
        agent._server.start()
        agents[host.name] = agent
        reports[host.name] = messages.render_snapshot(host.look()[0])
    for host_name, indices in BOUND.items():
        for index in sorted(set(indices)):
            bind(client, database, host_name, index)
    releasing = bind(client, database, "node-1", 0)
    agents["node-1"]._server.stop()
    agents["node-1"]._server.wait()
    try:
        client.unbind([releasing], "project")
    except CyborgError as error:
        print(error, file=sys.stderr)
    ledgers = {name: rows_of(directory / f"{name}.ledger") for name in agents}
    rows = rows_of(path)
    for row in rows["device_classes"]:  # long, and written anew by the first report
        row["document"] = json.dumps({"device_class": row["name"]})
    document = {"database": rows, "ledgers": ledgers, "reports": reports}
    sys.stdout.write(render(document) + "\n")
    sys.stdout.flush()
    os._exit(0)  # servers of the bus would keep it


def render(value: Any, indent: str = "") -> str:
    """JSON with a line for each row."""
    if isinstance(value, dict) and any(isinstance(item, dict | list) for item in value.values()):
        items = [f"{indent} {json.dumps(key)}: {render(value[key], indent + ' ')}" for key in value]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return "[\n" + ",\n".join(f"{indent} {json.dumps(item)}" for item in value) + f"\n{indent}]"
    return json.dumps(value)


if __name__ == "__main__":
    main()

"""A new column of devices is four files, and its value arrives everywhere."""

from __future__ import annotations

import pytest

from tests.promises.copied import CopiedPackage

_MIGRATION = '''"""Keep the serial numbers of devices."""

import sqlalchemy as sa
from alembic import op

revision = "add_serial"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("devices", sa.Column("serial", sa.String(255)))
'''

_REPORT = """
import json, sys
from dataclasses import replace
from cyborg_rr import codec
from cyborg_rr.agent.discovery import Host
from cyborg_rr.catalogue.loading import load
from cyborg_rr.conductor.report import Reporter
from cyborg_rr.conf.opts import make_config
from cyborg_rr.db import schema
from cyborg_rr.db.hardware import devices
from cyborg_rr.db.engine import Database
from cyborg_rr.domain.errors import InvalidInput
from cyborg_rr.drivers.driver import DriverContext
from cyborg_rr.drivers.loading import load_drivers
from cyborg_rr.rpc import messages

database = Database(make_config([], files=[], database__connection="sqlite:///db.sqlite").database)
schema.upgrade(database.engine)
reporter = Reporter(database, load(), (), release_grace_seconds=0)
snapshot, _ = Host("host-1", load_drivers(["fake"], DriverContext())).look()

def report(message):
    reporter.report("agent", messages.parse_snapshot(message), messages.hash_content(message))
    with database.reading() as session:
        (device,) = devices.list_devices(session)
    print(device.fields.serial)

message = json.loads(json.dumps(messages.render_snapshot(snapshot)))
report(message)
message["devices"][0]["serial"] = "another"
report(message)
del message["devices"][0]["serial"]
report(message)
message["devices"][0]["serial"] = "s" * 300
try:
    report(message)
except InvalidInput as error:
    print("a serial of 300 characters" in str(error))
"""


@pytest.fixture
def package(package: CopiedPackage) -> CopiedPackage:
    """A copy in which devices have serial numbers."""
    package.replace(
        "domain/hardware/fields.py",
        "    numa_node: NumaNode | None = None\n",
        "    numa_node: NumaNode | None = None\n    serial: str | None = None\n",
    )
    package.replace(
        "db/tables.py",
        "    numa_node: Mapped[int | None]",
        "    serial: Mapped[str | None] = mapped_column(NAME)\n    numa_node: Mapped[int | None]",
    )
    package.write(
        "db/migrations/versions/9999_keep_serial_numbers.py",
        _MIGRATION.format(head=package.find_head()),
    )
    package.replace(
        "drivers/simulated/fake.py", 'model="FakeDevice",', 'model="FakeDevice", serial="4711",'
    )
    return package


def test_a_column_is_fields_table_migration_and_driver(package: CopiedPackage) -> None:
    assert package.run(_REPORT).split() == ["4711", "another", "None", "True"]
    assert len(package.changed) == 4

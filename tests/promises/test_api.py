"""Changes of the REST API: a filter, a microversion, a resource."""

from __future__ import annotations

import json

from tests.promises.copied import CopiedPackage

_STAGE = """
import json
from pathlib import Path
from tests.api.stage import Stage
stage = Stage(Path.cwd())
stage.add_host("compute-1", devices=2)
"""

_FILTER = """
with stage.database.engine.begin() as connection:
    connection.exec_driver_sql("UPDATE devices SET identity = 'Other' WHERE id = 1")
answers = [
    stage.call("GET", "/v2/devices?identity=Other", version=version)
    for version in ("2.102", "2.101")
]
print(json.dumps([[answer.status, answer.json] for answer in answers]))
"""


def begin_version(package: CopiedPackage) -> None:
    """The microversion that the first noticeable change after the release begins."""
    package.replace(
        "api/request/version.py",
        "V2_101 = Version(2, 101)\n",
        "V2_101 = Version(2, 101)\nV2_102 = Version(2, 102)\n",
    )
    package.replace(
        "api/request/version.py",
        "    }\n)\n",
        '        V2_102: "devices show their ``slot``",\n    }\n)\n',
    )


def test_a_filter_is_one_line_in_one_file(package: CopiedPackage) -> None:
    begin_version(package)
    package.changed.clear()
    package.replace("api/resources/devices/controller.py", "import V2_100", "import V2_100, V2_102")
    line = '        Filter("hostname"),\n'
    added = f'{line}        Filter("identity", since=V2_102),\n'
    package.replace("api/resources/devices/controller.py", line, added)
    (new_status, new), (old_status, _) = json.loads(package.run(_STAGE + _FILTER))
    assert (new_status, [row["identity"] for row in new["devices"]]) == (200, ["Other"])
    assert old_status == 400
    assert package.changed == ["api/resources/devices/controller.py"]


_VERSION = """
shown = [
    stage.call("GET", "/v2/devices", version=version).json["devices"][0]
    for version in ("2.101", "2.102")
]
latest = stage.call("GET", "/v2/devices", version="latest")
print(json.dumps([["slot" in device for device in shown], dict(latest.headers)]))
"""


def test_a_microversion_is_its_line_and_what_it_changes(package: CopiedPackage) -> None:
    begin_version(package)
    package.replace("api/resources/devices/schemas.py", "V2_100, V2_101", "V2_100, V2_101, V2_102")
    package.replace(
        "api/resources/devices/schemas.py",
        "    return document\n",
        "    if call.version >= V2_102:\n        document['slot'] = None\n    return document\n",
    )
    shows, headers = json.loads(package.run(_STAGE + _VERSION))
    assert shows == [False, True]
    names = {name.lower(): value for name, value in headers.items()}
    assert names["openstack-api-maximum-version"] == "2.102"
    assert len(package.changed) == 2


_CONTROLLER = '''"""Racks: list."""

from cyborg_rr.api.request.answer import ListOf
from cyborg_rr.api.request.path import list_route
from cyborg_rr.api.request.query import Filter
from cyborg_rr.api.request.version import V2_100
from cyborg_rr.api.resources.racks import policies
from cyborg_rr.api.resources.racks.schemas import COLLECTION, render_rack
from cyborg_rr.db import racks

LISTED = ListOf(COLLECTION, racks.list_racks, render_rack, (Filter("room"),))


class Racks:
    """Where hosts stand."""

    def __init__(self, services):
        self.routes = (
            list_route(LISTED, services.database.reading, policies.LIST, since=V2_100),
        )
'''
_SCHEMAS = '''"""The JSON of racks."""

COLLECTION = "racks"


def render_rack(rack, call):
    """A rack."""
    return {"uuid": rack.uuid, "room": rack.room, "links": call.links.own(COLLECTION, rack.uuid)}
'''
_POLICIES = '''"""Policy rules of racks."""

from oslo_policy import policy

LIST = "cyborg:rack:get_all"
RULES = [
    policy.DocumentedRuleDefault(
        name=LIST,
        check_str="rule:admin_api",
        description="List racks.",
        operations=[{"method": "GET", "path": "/v2/racks"}],
        scope_types=["project"],
    )
]
'''
_QUERIES = '''"""Queries on racks."""

from sqlalchemy import select

from cyborg_rr.db.paging import Listing
from cyborg_rr.db.tables import RackRow

list_racks = Listing(
    select(RackRow), RackRow, lambda row: row, frozenset({"id", "uuid", "room", "created_at"})
).read
'''
_TABLE = '''

class RackRow(Table):
    """Where hosts stand."""

    __tablename__ = "racks"

    uuid: Mapped[str] = mapped_column(UUID, unique=True)
    room: Mapped[str] = mapped_column(NAME)
'''
_MIGRATION = '''"""Keep racks."""

import sqlalchemy as sa
from alembic import op

revision = "add_racks"
down_revision = "{head}"


def upgrade() -> None:
    op.create_table(
        "racks",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime()),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("room", sa.String(255), nullable=False),
    )
'''
_RACKS = """
with stage.database.engine.begin() as connection:
    for number, room in enumerate(("north", "south"), start=1):
        connection.exec_driver_sql(
            "INSERT INTO racks (created_at, uuid, room)"
            f" VALUES ('2026-01-01 00:00:00', '{number}', '{room}')"
        )
answer = stage.call("GET", "/v2/racks?room=south", version="2.100")
old = stage.call("GET", "/v2/racks", version="2.3")
wrong = stage.call("POST", "/v2/racks", version="2.100")
print(json.dumps([answer.status, answer.json["racks"], old.status, wrong.status]))
"""


def test_a_resource_is_its_folder_a_line_queries_and_a_table(package: CopiedPackage) -> None:
    folder = "api/resources/racks"
    package.write(f"{folder}/__init__.py", '"""Everything about racks in the REST API."""\n')
    package.write(f"{folder}/controller.py", _CONTROLLER)
    package.write(f"{folder}/schemas.py", _SCHEMAS)
    package.write(f"{folder}/policies.py", _POLICIES)
    package.replace(
        "api/operations.py",
        "    (Versions, ()),\n",
        "    (Versions, ()),\n    (Racks, racks.RULES),\n",
    )
    package.replace(
        "api/operations.py",
        "from cyborg_rr.api.services import Services\n",
        "from cyborg_rr.api.resources.racks import policies as racks\n"
        "from cyborg_rr.api.resources.racks.controller import Racks\n"
        "from cyborg_rr.api.services import Services\n",
    )
    package.write("db/racks.py", _QUERIES)
    package.append("db/tables.py", _TABLE)
    package.write(
        "db/migrations/versions/9999_keep_racks.py", _MIGRATION.format(head=package.find_head())
    )
    status, racks, old, wrong = json.loads(package.run(_STAGE + _RACKS))
    assert (status, [rack["room"] for rack in racks]) == (200, ["south"])
    assert (old, wrong) == (404, 405)
    outside = [name for name in package.changed if not name.startswith(folder)]
    assert len(outside) == 4

"""Tell hosts and devices by what they are, and handles by where they are on them.

Every new column may be null: a conductor of the first release writes to the same tables while it is
being replaced, and what it stored is completed by the next report of its host.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"

NAME = sa.String(255).with_variant(
    mysql.VARCHAR(255, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb"
)
UUID = sa.String(36).with_variant(
    mysql.VARCHAR(36, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
)
HASH = sa.String(64).with_variant(
    mysql.VARCHAR(64, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
)
DOCUMENT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
PACKED = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """Add what tells one machine, device, part and handle from another."""
    with op.batch_alter_table("hosts") as hosts:
        hosts.add_column(sa.Column("host_id", UUID, nullable=True))
        hosts.add_column(sa.Column("machine", HASH, nullable=True))
        hosts.add_column(sa.Column("node", NAME, nullable=True))
        hosts.add_column(sa.Column("run", UUID, nullable=True))
        hosts.add_column(sa.Column("minor", sa.Integer(), nullable=False, server_default="0"))
        hosts.add_column(sa.Column("left_out", DOCUMENT, nullable=True))
        hosts.add_column(sa.Column("reported", PACKED, nullable=True))
        hosts.add_column(sa.Column("refused_at", TIME, nullable=True))
        hosts.add_column(sa.Column("refused_reason", sa.Text(), nullable=True))
        hosts.add_column(sa.Column("refused_id", UUID, nullable=True))
        hosts.create_unique_constraint("uq_hosts_host_id", ["host_id"])

    with op.batch_alter_table("devices") as devices:
        devices.add_column(sa.Column("device_key", HASH, nullable=True))
        devices.add_column(sa.Column("slot_key", sa.Text(), nullable=True))
        devices.add_column(sa.Column("identity", NAME, nullable=True))
        devices.add_column(sa.Column("capacities", sa.Text(), nullable=True))
        devices.add_column(sa.Column("peers", sa.Text(), nullable=True))
        devices.add_column(sa.Column("versions", sa.Text(), nullable=True))
        devices.add_column(sa.Column("trouble_code", sa.String(30), nullable=True))
        devices.add_column(sa.Column("trouble_text", sa.Text(), nullable=True))
        devices.add_column(sa.Column("trouble_since", TIME, nullable=True))
        devices.create_unique_constraint(
            "uq_devices_hostname_device_key", ["hostname", "device_key"]
        )
        devices.drop_constraint("uq_devices_hostname_control_path_key", type_="unique")

    with op.batch_alter_table("deployables") as deployables:
        deployables.add_column(sa.Column("part", NAME, nullable=True))
        deployables.add_column(sa.Column("device_class_id", sa.Integer(), nullable=True))
        deployables.create_unique_constraint("uq_deployables_device_id_part", ["device_id", "part"])
        deployables.create_index("ix_deployables_device_class_id", ["device_class_id"])
        deployables.create_foreign_key(
            "fk_deployables_device_class_id", "device_classes", ["device_class_id"], ["id"]
        )

    with op.batch_alter_table("attach_handles") as handles:
        handles.add_column(sa.Column("place", NAME, nullable=True))
        handles.add_column(sa.Column("consumes", sa.Text(), nullable=True))
        handles.add_column(sa.Column("unit", NAME, nullable=True))
        handles.add_column(sa.Column("reason_code", sa.String(30), nullable=True))
        handles.add_column(sa.Column("clean_method", NAME, nullable=True))
        handles.add_column(sa.Column("cleaned_at", TIME, nullable=True))
        handles.create_unique_constraint(
            "uq_attach_handles_deployable_id_place", ["deployable_id", "place"]
        )
        handles.drop_constraint("uq_attach_handles_deployable_id_handle_key", type_="unique")

    with op.batch_alter_table("accelerator_requests") as requests:
        requests.add_column(sa.Column("trouble", sa.Text(), nullable=True))
        requests.add_column(sa.Column("trouble_since", TIME, nullable=True))

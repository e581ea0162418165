"""Create the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None

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
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """Create all tables of the first release."""
    op.create_table(
        "accelerator_requests",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("project_id", NAME, nullable=True),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("device_profile_name", NAME, nullable=False),
        sa.Column("device_profile_group_id", sa.Integer(), nullable=False),
        sa.Column("profile_group", DOCUMENT, nullable=False),
        sa.Column("hostname", NAME, nullable=True),
        sa.Column("device_rp_uuid", UUID, nullable=True),
        sa.Column("instance_uuid", UUID, nullable=True),
        sa.Column("instance_slot", sa.Integer(), nullable=True),
        sa.Column("binding_id", UUID, nullable=True),
        sa.Column("conductor", NAME, nullable=True),
        sa.Column("bind_started_at", TIME, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_accelerator_requests"),
        sa.UniqueConstraint(
            "instance_uuid",
            "instance_slot",
            name="uq_accelerator_requests_instance_uuid_instance_slot",
        ),
        sa.UniqueConstraint("uuid", name="uq_accelerator_requests_uuid"),
        mysql_engine="InnoDB",
    )
    op.create_index("ix_accelerator_requests_project_id", "accelerator_requests", ["project_id"])
    op.create_index("ix_accelerator_requests_state", "accelerator_requests", ["state"])

    op.create_table(
        "device_classes",
        sa.Column("name", NAME, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_device_classes"),
        sa.UniqueConstraint("name", name="uq_device_classes_name"),
        mysql_engine="InnoDB",
    )
    op.create_table(
        "device_profiles",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("profile_groups", DOCUMENT, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_device_profiles"),
        sa.UniqueConstraint("name", name="uq_device_profiles_name"),
        sa.UniqueConstraint("uuid", name="uq_device_profiles_uuid"),
        mysql_engine="InnoDB",
    )
    op.create_table(
        "hosts",
        sa.Column("name", NAME, nullable=False),
        sa.Column("agent", NAME, nullable=False),
        sa.Column("content_hash", HASH, nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_hosts"),
        sa.UniqueConstraint("name", name="uq_hosts_name"),
        mysql_engine="InnoDB",
    )
    op.create_table(
        "ir_requirements",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("project_id", NAME, nullable=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ir_requirements"),
        sa.UniqueConstraint("uuid", name="uq_ir_requirements_uuid"),
        mysql_engine="InnoDB",
    )
    op.create_index("ix_ir_requirements_project_id", "ir_requirements", ["project_id"])

    op.create_table(
        "devices",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("hostname", NAME, nullable=False),
        sa.Column("control_path_key", HASH, nullable=False),
        sa.Column("control_path", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=30), nullable=False),
        sa.Column("vendor", NAME, nullable=False),
        sa.Column("model", NAME, nullable=False),
        sa.Column("std_board_info", sa.Text(), nullable=False),
        sa.Column("vendor_board_info", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("numa_node", sa.Integer(), nullable=True),
        sa.Column("driver_name", sa.String(length=100), nullable=True),
        sa.Column("device_class_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["device_class_id"], ["device_classes.id"], name="fk_devices_device_class_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
        sa.UniqueConstraint(
            "hostname", "control_path_key", name="uq_devices_hostname_control_path_key"
        ),
        sa.UniqueConstraint("uuid", name="uq_devices_uuid"),
        mysql_engine="InnoDB",
    )
    op.create_index("ix_devices_device_class_id", "devices", ["device_class_id"])

    op.create_table(
        "deployables",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("root_id", sa.Integer(), nullable=True),
        sa.Column("name", NAME, nullable=False),
        sa.Column("resource_class", NAME, nullable=False),
        sa.Column("num_accelerators", sa.Integer(), nullable=False),
        sa.Column("rp_uuid", UUID, nullable=False),
        sa.Column("driver_name", sa.String(length=100), nullable=True),
        sa.Column("bitstream_id", UUID, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_deployables_device_id"),
        sa.ForeignKeyConstraint(["parent_id"], ["deployables.id"], name="fk_deployables_parent_id"),
        sa.ForeignKeyConstraint(["root_id"], ["deployables.id"], name="fk_deployables_root_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deployables"),
        sa.UniqueConstraint("name", name="uq_deployables_name"),
        sa.UniqueConstraint("rp_uuid", name="uq_deployables_rp_uuid"),
        sa.UniqueConstraint("uuid", name="uq_deployables_uuid"),
        mysql_engine="InnoDB",
    )
    op.create_index("ix_deployables_device_id", "deployables", ["device_id"])

    op.create_table(
        "attach_handles",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("deployable_id", sa.Integer(), nullable=False),
        sa.Column("handle_key", HASH, nullable=False),
        sa.Column("attach_type", sa.String(length=30), nullable=False),
        sa.Column("attach_info", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("arq_uuid", UUID, nullable=True),
        sa.Column("binding_id", UUID, nullable=True),
        sa.Column("state_since", TIME, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["deployable_id"], ["deployables.id"], name="fk_attach_handles_deployable_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attach_handles"),
        sa.UniqueConstraint("arq_uuid", name="uq_attach_handles_arq_uuid"),
        sa.UniqueConstraint(
            "deployable_id", "handle_key", name="uq_attach_handles_deployable_id_handle_key"
        ),
        sa.UniqueConstraint("uuid", name="uq_attach_handles_uuid"),
        mysql_engine="InnoDB",
    )
    op.create_index(
        "ix_attach_handles_deployable_id_state", "attach_handles", ["deployable_id", "state"]
    )
    op.create_index("ix_attach_handles_state", "attach_handles", ["state"])

    op.create_table(
        "attributes",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("deployable_id", sa.Integer(), nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["deployable_id"], ["deployables.id"], name="fk_attributes_deployable_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attributes"),
        sa.UniqueConstraint("uuid", name="uq_attributes_uuid"),
        mysql_engine="InnoDB",
    )
    op.create_index("ix_attributes_deployable_id", "attributes", ["deployable_id"])

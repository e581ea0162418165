"""Say which hosts are heard, who may act, what Nova is to be told and what is withheld outside.

Every new column may be null: a conductor of the first release writes to the same tables while it is
being replaced.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"

NAME = sa.String(255).with_variant(
    mysql.VARCHAR(255, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb"
)
UUID = sa.String(36).with_variant(
    mysql.VARCHAR(36, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
)
DOCUMENT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """Add what a cloud around the service needs to be remembered."""
    with op.batch_alter_table("hosts") as hosts:
        hosts.add_column(sa.Column("lost_at", TIME, nullable=True))
        hosts.add_column(sa.Column("lost_reason", sa.Text(), nullable=True))
        hosts.add_column(sa.Column("version", sa.String(50), nullable=True))
        hosts.add_column(sa.Column("drivers", DOCUMENT, nullable=True))
        hosts.add_column(sa.Column("report_interval", sa.Integer(), nullable=True))

    with op.batch_alter_table("devices") as devices:
        devices.add_column(sa.Column("status_reason", sa.Text(), nullable=True))
        devices.add_column(sa.Column("status_author", NAME, nullable=True))
        devices.add_column(sa.Column("status_since", TIME, nullable=True))

    with op.batch_alter_table("deployables") as deployables:
        deployables.add_column(sa.Column("withheld_code", sa.String(30), nullable=True))
        deployables.add_column(sa.Column("withheld_reason", sa.Text(), nullable=True))
        deployables.add_column(sa.Column("withheld_since", TIME, nullable=True))

    for column in ("device_profile_name", "device_rp_uuid"):
        op.create_index(
            f"ix_accelerator_requests_{column}", "accelerator_requests", [column]
        )  # callers ask who uses a profile or a provider

    _create(
        "leases",
        sa.Column("name", NAME, nullable=False),
        sa.Column("holder", NAME, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.UniqueConstraint("name", name="uq_leases_name"),
    )
    _create(
        "instance_events",
        sa.Column("arq_uuid", UUID, nullable=False),
        sa.Column("instance_uuid", UUID, nullable=False),
        sa.Column("status", sa.String(30), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", TIME, nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.UniqueConstraint("arq_uuid", name="uq_instance_events_arq_uuid"),
    )
    op.create_index("ix_instance_events_next_attempt_at", "instance_events", ["next_attempt_at"])
    _create(
        "projects",
        sa.Column("project_id", NAME, nullable=False),
        sa.UniqueConstraint("project_id", name="uq_projects_project_id"),
    )


def _create(table: str, *own: sa.Column[object] | sa.UniqueConstraint) -> None:
    """A table with what every table has besides."""
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=True),
        *own,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        mysql_engine="InnoDB",
    )

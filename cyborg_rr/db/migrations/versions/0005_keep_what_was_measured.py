"""Keep what runtimes were measured to do on devices, to estimate by.

Texts are compared to the letter from the start, which migration 0004 saw to for what was there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Dialect
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"

NAME = sa.String(255)
DOCUMENT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "measurements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=True),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("device_class", NAME, nullable=False),
        sa.Column("product", NAME, nullable=True),
        sa.Column("runtime", NAME, nullable=False),
        sa.Column("software", NAME, nullable=False),
        sa.Column("measured_on", sa.String(10), nullable=False),
        sa.Column("operators", sa.Integer(), nullable=False),
        sa.Column("models", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("document", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_measurements"),
        sa.UniqueConstraint("uuid", name="uq_measurements_uuid"),
        sa.UniqueConstraint("content_hash", name="uq_measurements_content_hash"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate=_choose(op.get_bind().dialect),
    )
    op.create_index("ix_measurements_device_class", "measurements", ["device_class"])


def _choose(dialect: Dialect) -> str:
    """MariaDB's name of the collation, or MySQL's (from 8.0 on); others take none."""
    return "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"

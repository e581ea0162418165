"""Let MariaDB and MySQL compare texts as the other databases do: letter by letter, spaces and all.

Their binary collations of before pad with spaces ("x " is found as "x"), and the columns that had
none of their own even fold case. One statement for each table rebuilds it; what is added to a table
later takes the table's collation.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Dialect

revision = "0004"
down_revision = "0003"

TABLES = (
    "accelerator_requests",
    "attach_handles",
    "attributes",
    "deployables",
    "device_classes",
    "device_profiles",
    "devices",
    "hosts",
    "instance_events",
    "ir_requirements",
    "leases",
    "projects",
)
FAMILY = ("mysql", "mariadb")


def upgrade() -> None:
    """Give every text column the collation that tells all texts apart."""
    dialect = op.get_bind().dialect
    if dialect.name not in FAMILY:
        return
    for table in TABLES:
        op.execute(
            f"ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4 COLLATE {_choose(dialect)}"
        )


def _choose(dialect: Dialect) -> str:
    """MariaDB's name of the collation, or MySQL's (from 8.0 on)."""
    return "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"

"""What an upgrade depends on in the database: documents, collations, hosts without an id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import String, func, select, text
from sqlalchemy.orm import Session

from cyborg_rr.db.tables import (
    DeviceClassRow,
    HostRow,
    IrRequirementRow,
    MeasurementRow,
    Table,
)

ROWS_AT_A_TIME = 100
_TO_THE_LETTER = ("utf8mb4_nopad_bin", "utf8mb4_0900_bin")
"""MariaDB's collation of migration 0004, and MySQL's."""

_COLLATIONS = text(
    "SELECT table_name, column_name, collation_name FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND collation_name IS NOT NULL"
)


def stream_representations(session: Session) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The name of each class of devices with its document."""
    statement = select(DeviceClassRow.name, DeviceClassRow.document).order_by(DeviceClassRow.id)
    for name, document in session.execute(statement.execution_options(yield_per=ROWS_AT_A_TIME)):
        yield name, json.loads(document)


def stream_requirements(session: Session) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The uuid of each stored requirement with its document."""
    row = IrRequirementRow
    statement = select(row.uuid, row.document).order_by(row.id)
    for uuid, document in session.execute(statement.execution_options(yield_per=ROWS_AT_A_TIME)):
        yield uuid, json.loads(document)


def stream_measurements(session: Session) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The uuid of each stored measurement with its document."""
    row = MeasurementRow
    statement = select(row.uuid, row.document).order_by(row.id)
    for uuid, document in session.execute(statement.execution_options(yield_per=ROWS_AT_A_TIME)):
        yield uuid, json.loads(document)


def list_folding_columns(session: Session) -> list[str]:
    """Our text columns (table.column) that the database does not compare to the letter.

    Only MariaDB and MySQL have such collations by default.
    """
    if session.get_bind().dialect.name not in ("mysql", "mariadb"):
        return []
    ours = {
        (table.name, column.name)
        for table in Table.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String)
    }
    return sorted(
        f"{table}.{column}"
        for table, column, collation in session.execute(_COLLATIONS)
        if (table, column) in ours and collation not in _TO_THE_LETTER
    )


def list_first_agents(session: Session, most: int) -> tuple[int, Sequence[str]]:
    """How many hosts have an agent of the first release, and the names of some of them."""
    has_none = HostRow.host_id.is_(None)
    count = session.scalar(select(func.count()).select_from(HostRow).where(has_none)) or 0
    names = select(HostRow.name).where(has_none).order_by(HostRow.name).limit(most)
    return count, session.scalars(names).all()

"""What a list may be asked: which rows, in which order, how many, after which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, or_
from sqlalchemy.orm import Session

from cyborg_rr.db.tables import Table
from cyborg_rr.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Page:
    """``limit`` rows after the row whose uuid is ``marker``, sorted by ``sort_key`` then id."""

    limit: int | None = None
    marker: str | None = None
    sort_key: str = "id"
    descending: bool = False


def apply_page(
    session: Session,
    statement: Select[Any],
    table: type[Table],
    page: Page,
    sort_keys: frozenset[str],
) -> Select[Any]:
    """Sort and cut a statement; an unknown sort key or marker is ``InvalidInput``.

    ``sort_keys`` are the columns of ``table`` that callers may sort by; these must not be nullable.
    """
    if page.sort_key not in sort_keys:
        raise InvalidInput(
            f"sort_key {page.sort_key!r} is not one of {', '.join(sorted(sort_keys))}"
        )
    column = getattr(table, page.sort_key)
    if page.marker is not None:
        # Within the same list: whether a row of somebody else exists is not told.
        found = session.execute(
            statement.with_only_columns(column, table.id, maintain_column_froms=True).where(
                table.uuid == page.marker  # type: ignore[attr-defined]
            )
        ).first()
        if found is None:
            raise InvalidInput(f"marker {page.marker!r} names no row of this list")
        value, row_id = found
        beyond = column < value if page.descending else column > value
        later = table.id < row_id if page.descending else table.id > row_id
        statement = statement.where(or_(beyond, and_(column == value, later)))
    order = (column.desc(), table.id.desc()) if page.descending else (column.asc(), table.id.asc())
    statement = statement.order_by(*order)
    return statement if page.limit is None else statement.limit(page.limit)

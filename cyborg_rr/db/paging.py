"""Lists of what is stored: which rows, in which order, how many, after which."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import and_, or_
from sqlalchemy.orm import Session

from cyborg_rr.db.tables import Table
from cyborg_rr.domain.errors import InvalidInput

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page:
    """``limit`` rows after the row whose uuid is ``marker``, sorted by ``sort_key`` then id."""

    limit: int | None = None
    marker: str | None = None
    sort_key: str = "id"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """How one kind of stored thing is listed, in one statement (two with a marker).

    ``make`` turns a row of ``statement`` into the thing. A list can be limited by the value of any
    column of ``table``, of ``others``, which are columns by a name of their own, and by the names
    of ``conditions``, which make one of the value. ``sort_keys``
    are the columns of ``table`` that callers may sort by; these must not be nullable. A row is
    named by its ``key``.
    """

    statement: Any
    table: type[Table]
    make: Callable[..., Item]
    sort_keys: frozenset[str]
    others: Mapping[str, Any] = field(default_factory=dict)
    key: str = "uuid"
    conditions: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    def read(
        self,
        session: Session,
        *,
        page: Page | None = None,
        **where: Any,
    ) -> list[Item]:
        """Those whose fields have the values (None: any; of several values one), in order.

        An unknown sort key or marker is ``InvalidInput``.
        """
        statement = self.statement
        for name, value in where.items():
            if value is not None:
                statement = statement.where(self._condition(name, value))
        statement = self._cut(session, statement, page or Page())
        return [self.make(*row) for row in session.execute(statement)]

    def _condition(self, name: str, value: Any) -> Any:
        if name in self.conditions:
            return self.conditions[name](value)
        column = self.others[name] if name in self.others else getattr(self.table, name)
        is_one = isinstance(value, str) or not isinstance(value, Collection)
        return column == value if is_one else column.in_(value)

    def _cut(self, session: Session, statement: Any, page: Page) -> Any:
        table: Any = self.table
        if page.sort_key not in self.sort_keys:
            raise InvalidInput(
                f"sort_key {page.sort_key!r} is not one of {', '.join(sorted(self.sort_keys))}"
            )
        column = getattr(table, page.sort_key)
        if page.marker is not None:
            # Within the same list: whether a row of somebody else exists is not told.
            found = session.execute(
                statement.with_only_columns(column, table.id, maintain_column_froms=True).where(
                    getattr(table, self.key) == page.marker
                )
            ).first()
            if found is None:
                raise InvalidInput(f"marker {page.marker!r} names no row of this list")
            value, row_id = found
            beyond = column < value if page.descending else column > value
            later = table.id < row_id if page.descending else table.id > row_id
            statement = statement.where(or_(beyond, and_(column == value, later)))
        order = (column, table.id)
        statement = statement.order_by(*(c.desc() if page.descending else c.asc() for c in order))
        return statement if page.limit is None else statement.limit(page.limit)

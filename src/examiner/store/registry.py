"""The service's rows that change: keys, links, people, repeated requests. Beside the events, never instead of them.

Of a table with a column `tenant` only the current tenant's rows are there (`store.tenancy`). `whole` sees all of them: for
finding out whose a credential is, and for whoever runs the house; never for what a caller named.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, delete, func, insert, or_, select, update

from examiner.store import tenancy
from examiner.store.ledger import Ledger
from examiner.store.tables import metadata

_PAGE = 200
Page = tuple[list[dict[str, Any]], tuple[str, str] | None]  # rows, and where the next page begins


class Registry:
    """Rows by table name and plain conditions. Every change is durable when the call returns."""

    def __init__(self, ledger: Ledger, *, confined: bool = True) -> None:
        self._ledger = ledger
        self._confined = confined

    @property
    def whole(self) -> "Registry":
        """The same rows over all tenants; what is added without a tenant is the default one's."""
        return Registry(self._ledger, confined=False)

    def _fits(self, table: Table, where: Mapping[str, Any]) -> list[Any]:
        return [table.c[name] == value for name, value in ({**where, **self._own(table)}).items()]

    def _own(self, table: Table) -> dict[str, str]:
        if "tenant" not in table.c or not self._confined:
            return {}
        return {"tenant": tenancy.current()}

    def _owned(self, table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
        base = {"tenant": tenancy.DEFAULT} if "tenant" in table.c else {}
        return base | dict(row) | self._own(table)

    def one(self, table: str, **where: Any) -> dict[str, Any] | None:
        """Return the one row that fits, or None."""
        made = metadata.tables[table]
        with self._ledger.reader.connect() as connection:
            row = connection.execute(select(made).where(*self._fits(made, where))).mappings().first()
        return dict(row) if row else None

    def many(self, table: str, *, limit: int = 100_000, **where: Any) -> list[dict[str, Any]]:
        """Return the rows that fit, by primary key."""
        made = metadata.tables[table]
        query = select(made).where(*self._fits(made, where)).order_by(*made.primary_key).limit(limit)
        with self._ledger.reader.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def page(self, table: str, by: str, limit: int, after: Sequence[str] = (), *, skip: int = 0, **where: Any) -> Page:
        """Return up to `limit` rows, the latest by column `by` first, and where the next page begins (None: nowhere).

        It begins at the place `after`, or behind so many rows as `skip` says.
        """
        made = metadata.tables[table]
        column, key = made.c[by], next(iter(made.primary_key))
        query = (
            select(made)
            .where(*self._fits(made, where))
            .order_by(column.desc(), key.desc())
            .limit(min(limit, _PAGE) + 1)
            .offset(skip)
        )
        if after:
            query = query.where(or_(column < after[0], and_(column == after[0], key < after[1])))
        with self._ledger.reader.connect() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        if len(rows) <= min(limit, _PAGE):
            return rows, None
        last = rows[-2]
        return rows[:-1], (last[by], last[key.name])

    def due(self, table: str, column: str, until: datetime, limit: int = 200, **where: Any) -> list[dict[str, Any]]:
        """Return the rows whose time in `column` has come ("" is no time), the earliest first."""
        made = metadata.tables[table]
        when = made.c[column]
        query = (
            select(made)
            .where(*self._fits(made, where), when != "", when <= until.isoformat())
            .order_by(when)
            .limit(limit)
        )
        with self._ledger.reader.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def put(self, table: str, row: Mapping[str, Any]) -> None:
        """Insert a row, or write over the one of the same key."""
        made = metadata.tables[table]
        keys = [made.c[k.name] == row[k.name] for k in made.primary_key]
        with self._ledger.writing() as connection:
            if not connection.execute(update(made).where(*keys, *self._fits(made, {})).values(**row)).rowcount:
                connection.execute(insert(made).values(**self._owned(made, row)))

    def add(self, table: str, row: Mapping[str, Any]) -> bool:
        """Insert a row unless its key is taken; tell whether it was new."""
        made = metadata.tables[table]
        keys = [made.c[k.name] == row[k.name] for k in made.primary_key]
        with self._ledger.writing() as connection:
            if connection.execute(select(made).where(*keys)).first() is not None:
                return False
            connection.execute(insert(made).values(**self._owned(made, row)))
        return True

    def change(self, table: str, values: Mapping[str, Any], **where: Any) -> int:
        """Change the rows that fit, at once; return how many there were. What fits is decided by the database."""
        made = metadata.tables[table]
        with self._ledger.writing() as connection:
            return connection.execute(update(made).where(*self._fits(made, where)).values(**values)).rowcount

    def next(self, table: str, column: str, **where: Any) -> int:
        """Add 1 to a number of the row that fits and return it; 0 where there is none."""
        made = metadata.tables[table]
        with self._ledger.writing() as connection:
            connection.execute(update(made).where(*self._fits(made, where)).values({column: made.c[column] + 1}))
            return connection.execute(select(made.c[column]).where(*self._fits(made, where))).scalar() or 0

    def drop(self, table: str, **where: Any) -> int:
        """Delete the rows that fit."""
        made = metadata.tables[table]
        with self._ledger.writing() as connection:
            return connection.execute(delete(made).where(*self._fits(made, where))).rowcount

    def drop_before(self, table: str, column: str, until: datetime) -> int:
        """Delete the rows whose time in `column` is past."""
        made = metadata.tables[table]
        with self._ledger.writing() as connection:
            old = made.c[column] < until.isoformat()
            return connection.execute(delete(made).where(old, *self._fits(made, {}))).rowcount

    def counts(self, table: str, column: str) -> dict[str, int]:
        """Return how many rows there are for each value of a column."""
        made = metadata.tables[table]
        query = select(made.c[column], func.count()).where(*self._fits(made, {})).group_by(made.c[column])
        with self._ledger.reader.connect() as connection:
            return {str(value): count for value, count in connection.execute(query)}

    def count(self, table: str, **where: Any) -> int:
        """Return how many rows fit."""
        made = metadata.tables[table]
        with self._ledger.reader.connect() as connection:
            return (
                connection.execute(select(func.count()).select_from(made).where(*self._fits(made, where))).scalar() or 0
            )

    def column(self, table: str, column: str, by: str, **where: Any) -> list[str]:
        """Return one column of the rows that fit, in the order of `page`."""
        made = metadata.tables[table]
        key = next(iter(made.primary_key))
        query = select(made.c[column]).where(*self._fits(made, where)).order_by(made.c[by].desc(), key.desc())
        with self._ledger.reader.connect() as connection:
            return list(connection.execute(query).scalars())

    def idle(self, table: str, by: str, column: str, until: datetime, unless: Mapping[str, Any]) -> list[str]:
        """Return the values of `by` whose rows, but those of `unless`, all have their time in `column` before `until`."""
        made = metadata.tables[table]
        live = [made.c[name] != value for name, value in unless.items()]
        query = select(made.c[by]).where(*self._fits(made, {}), *live).group_by(made.c[by])
        query = query.having(func.max(made.c[column]) < until.isoformat())
        with self._ledger.reader.connect() as connection:
            return list(connection.execute(query).scalars())

    def replace(self, table: str, make: Callable[[], Iterable[Mapping[str, Any]]], **where: Any) -> None:
        """Put the rows that `make` returns in the place of those that fit, at once; it is called while nobody writes."""
        made = metadata.tables[table]
        with self._ledger.writing() as connection:
            rows = [self._owned(made, row) for row in make()]
            connection.execute(delete(made).where(*self._fits(made, where)))
            if rows:
                connection.execute(insert(made), rows)

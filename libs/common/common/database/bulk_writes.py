"""Writing and finding many rows of one kind by one statement, whatever their number: its parameters are arrays."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast

from sqlalchemy import ColumnElement, Table, any_, bindparam, column, func, inspect, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from common.database.entities import Entity, Versioned

E = TypeVar("E", bound=Entity)


def detach(session: AsyncSession, entities: Iterable[E]) -> list[E]:
    """Take the entities out of the session, so that no flush writes what is changed of them."""
    detached = list(entities)
    for entity in detached:
        session.expunge(entity)
    return detached


async def upsert_rows(session: AsyncSession, entities: Sequence[Entity]) -> None:
    """Write detached and new entities of one kind, which are not audited, as they are now.

    Nothing but a lock, on them or on what they belong to, guards against lost updates.
    """
    if not entities:
        return
    for entity in entities:
        if isinstance(entity, Versioned):
            entity.version += 1
    upsert = _build_upsert(type(entities[0]))
    rows = [{key: getattr(entity, key) for key in upsert.names} for entity in entities]
    await session.execute(upsert.statement, _to_columns(upsert, rows))


async def insert_rows(
    session: AsyncSession, kind: type[Entity], rows: Sequence[Mapping[str, Any]], *, skip_existing: bool = False
) -> None:
    """Insert rows, given by the attributes of an entity that is not audited."""
    if not rows:
        return
    insertion = _build_insert(kind, tuple(rows[0]), skip_existing=skip_existing)
    await session.execute(insertion.statement, _to_columns(insertion, rows))


def is_among(attribute: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Compare with many values, where `in_` has a parameter for each and PostgreSQL takes 32,767 at most."""
    return attribute == any_(literal(list(values), ARRAY(attribute.type, dimensions=1)))


class _Write(NamedTuple):
    names: Mapping[str, str]
    """The parameters, by the attributes whose values they have."""
    statement: Insert


def _to_columns(write: _Write, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[key] for row in rows] for key, name in write.names.items()}


@cache
def _build_upsert(kind: type[Entity]) -> _Write:
    """Build the statement, once."""
    mapper = inspect(kind)
    columns = {key: column for key, column in mapper.columns.items() if column.server_default is None}
    write = _build_insert(kind, tuple(columns))
    statement = write.statement
    changes = {column.name: statement.excluded[column.name] for column in columns.values() if not column.primary_key}
    statement = statement.on_conflict_do_update(index_elements=list(mapper.primary_key), set_=changes)
    return write._replace(statement=statement)


@cache
def _build_insert(kind: type[Entity], keys: tuple[str, ...], *, skip_existing: bool = False) -> _Write:
    """Build an insertion of what arrays hold, one for each column."""
    mapper = inspect(kind)
    columns = [mapper.columns[key] for key in keys]
    arrays = [bindparam(written.name, type_=ARRAY(written.type, dimensions=1)) for written in columns]
    names = [written.name for written in columns]
    rows = func.unnest(*arrays).table_valued(*(column(name) for name in names)).render_derived()
    statement = insert(cast("Table", mapper.local_table)).from_select(names, select(rows), include_defaults=False)
    if skip_existing:
        statement = statement.on_conflict_do_nothing()
    return _Write(dict(zip(keys, names, strict=True)), statement)

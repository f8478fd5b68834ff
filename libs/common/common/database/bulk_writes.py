"""Writing many entities of one kind in one round trip, where a flush sends a statement for each."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TypeVar, cast

from sqlalchemy import Table, inspect
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

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
    columns, statement = _build_upsert(type(entities[0]))
    rows = [{name: getattr(entity, key) for key, name in columns.items()} for entity in entities]
    await session.execute(statement, rows)


@cache
def _build_upsert(kind: type[Entity]) -> tuple[dict[str, str], Insert]:
    """Build the statement, once, and the names of its columns by the attributes of the entity."""
    mapper = inspect(kind)
    columns = {key: column for key, column in mapper.columns.items() if column.server_default is None}
    statement = insert(cast("Table", mapper.local_table))
    changes = {column.name: statement.excluded[column.name] for column in columns.values() if not column.primary_key}
    statement = statement.on_conflict_do_update(index_elements=list(mapper.primary_key), set_=changes)
    return {key: column.name for key, column in columns.items()}, statement

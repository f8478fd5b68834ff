"""Deleting what was made by mistake: only what nothing refers to, with the parts that belong to it alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import MetaData, Select, Table, func, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Mapper

from common.database.entities import Entity
from common.errors import Conflict
from common.unit_of_work import UnitOfWork

FOREIGN_KEY_VIOLATION = "23503"


class StillInUse(Conflict, slug="still-in-use"):
    """Only what nothing else refers to is deleted."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Something that refers to an entity without a foreign key."""

    noun: str
    """What messages to people call one of them."""
    query: Select[Any]
    """Selects those that refer to it."""


async def delete_unused(
    work: UnitOfWork, entity: Entity, parts: Sequence[type[Entity]] = (), usages: Sequence[Usage] = ()
) -> None:
    """Delete a locked entity and its parts. Raise StillInUse, which names what refers to it.

    The audit trail keeps what was deleted, and by whom.
    """
    users = [usage async for usage in _find_users(work, entity, parts, usages)]
    if users:
        raise StillInUse(f"The {type(entity).noun} is in use: {', '.join(users)}. Only what nothing uses is deleted.")
    try:
        for part in parts:
            for row in await work.session.scalars(select(part).where(_find_reference(part, entity) == _key(entity))):
                await work.session.delete(row)
            await work.flush()
        await work.session.delete(entity)
        await work.flush()
    except IntegrityError as violation:
        if getattr(violation.orig, "sqlstate", None) != FOREIGN_KEY_VIOLATION:
            raise
        raise StillInUse(f"The {type(entity).noun} is in use by something that was just created.") from None


async def _find_users(work: UnitOfWork, entity: Entity, parts: Sequence[type[Entity]], usages: Sequence[Usage]) -> Any:
    """Describe what refers to the entity: by foreign keys, which the tables declare, and by other means."""
    by_foreign_keys = [
        Usage(kind.noun, select(column).where(column == _key(entity)))
        for kind, column in _list_references(entity)
        if kind not in parts
    ]
    for usage in (*by_foreign_keys, *usages):
        count = await work.session.scalar(select(func.count()).select_from(usage.query.subquery())) or 0
        if count:
            yield f"{count} {usage.noun}{'' if count == 1 else 's'}"


def _list_references(entity: Entity) -> Iterator[tuple[type[Entity], InstrumentedAttribute[Any]]]:
    """List the foreign keys of the entity's own service; of others, a process may have loaded a part only."""
    own = [mapper for mapper in type(entity).registry.mappers if _metadata(mapper) is type(entity).metadata]
    mappers: list[Mapper[Any]] = sorted(own, key=lambda mapper: mapper.class_.__name__)
    for mapper in mappers:
        for column in mapper.columns:
            if any(key.column.table is inspect(type(entity)).local_table for key in column.foreign_keys):
                yield mapper.class_, getattr(mapper.class_, mapper.get_property_by_column(column).key)


def _metadata(mapper: Mapper[Any]) -> MetaData:
    table = mapper.local_table
    return table.metadata if isinstance(table, Table) else MetaData()


def _find_reference(part: type[Entity], entity: Entity) -> InstrumentedAttribute[Any]:
    return next(column for kind, column in _list_references(entity) if kind is part)


def _key(entity: Entity) -> Any:
    (key,) = inspect(type(entity)).primary_key
    return getattr(entity, key.name)

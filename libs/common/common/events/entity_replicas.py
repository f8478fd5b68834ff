"""Replicas: rows that hold what events of another service say of one of its entities.

Each function writes the rows of many events in one round trip, one after the other in the order of the events.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import groupby
from typing import Any, TypeVar, cast

from sqlalchemy import Delete, Table, Update, bindparam, delete, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import InstrumentedAttribute

from common.database.entities import Entity
from common.unit_of_work import UnitOfWork
from published.event import Event

T = TypeVar("T", bound=Event)
Names = tuple[str, ...]
Derivation = Callable[[T], Mapping[str, Any]]
"""Returns the columns of an event's replica that are not simply its fields."""


async def upsert_replicas(
    work: UnitOfWork,
    kind: type[Entity],
    events: Iterable[T],
    derive: Derivation[T] = lambda _: {},
    *,
    newest: InstrumentedAttribute[Any] | None = None,
) -> None:
    """Insert the replicas or update them: each column comes from `derive`, else from the event's field of that name.

    Columns of neither keep their values. With `newest`, a row whose value there is higher stays as it is.
    """
    table = cast("Table", kind.__table__)
    rows = [_row(table, event, derive(event)) for event in events]
    for columns, alike in groupby(rows, key=tuple):
        await work.session.execute(_upsert(table, columns, newest), list(alike))


async def add_missing_replicas(
    work: UnitOfWork, kind: type[Entity], events: Iterable[T], derive: Derivation[T] = lambda _: {}
) -> None:
    """Insert replicas that are not there yet; those that are there, from events that say more, stay as they are."""
    table = cast("Table", kind.__table__)
    rows = [_row(table, event, derive(event)) for event in events]
    await work.session.execute(insert(table).on_conflict_do_nothing(), rows)


async def update_replicas(
    work: UnitOfWork, kind: type[Entity], events: Iterable[T], derive: Derivation[T], *, key: Names
) -> None:
    """Set the columns that `derive` returns, where the columns `key` have the values of the event's fields."""
    table = cast("Table", kind.__table__)
    changes = [(derive(event), event) for event in events]
    for columns, alike in groupby(changes, key=lambda change: tuple(change[0])):
        rows = [dict(values) | _key_parameters(event, key) for values, event in alike]
        await work.session.execute(_update(table, columns, key), rows)


async def delete_replicas(work: UnitOfWork, kind: type[Entity], events: Iterable[Event], *, key: Names) -> None:
    """Delete the replicas whose columns `key` have the values of the event's fields."""
    table = cast("Table", kind.__table__)
    await work.session.execute(_delete(table, key), [_key_parameters(event, key) for event in events])


def _row(table: Table, event: Event, derived: Mapping[str, Any]) -> dict[str, Any]:
    fields = set(table.columns.keys()).intersection(type(event).model_fields).difference(derived)
    return event.model_dump(include=fields) | dict(derived)


def _key_parameters(event: Event, key: Names) -> dict[str, Any]:
    return {f"key_{name}": getattr(event, name) for name in key}


@cache
def _upsert(table: Table, columns: Names, newest: InstrumentedAttribute[Any] | None) -> Insert:
    keys = [column.name for column in table.primary_key]
    new = insert(table)
    changes = {name: new.excluded[name] for name in columns if name not in keys}
    if not changes:
        return new.on_conflict_do_nothing()
    condition = None if newest is None else newest <= new.excluded[newest.key]
    return new.on_conflict_do_update(index_elements=keys, set_=changes, where=condition)


@cache
def _update(table: Table, columns: Names, key: Names) -> Update:
    matches = [table.c[name] == bindparam(f"key_{name}") for name in key]
    return update(table).where(*matches).values({name: bindparam(name) for name in columns})


@cache
def _delete(table: Table, key: Names) -> Delete:
    return delete(table).where(*(table.c[name] == bindparam(f"key_{name}") for name in key))

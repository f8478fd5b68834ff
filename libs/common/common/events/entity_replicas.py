"""Replicas: rows that hold what events of another service say of one of its entities."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from common.database.entities import Entity
from common.unit_of_work import UnitOfWork
from published.event import Event


async def upsert_replica(
    work: UnitOfWork,
    kind: type[Entity],
    event: Event,
    *,
    newest: InstrumentedAttribute[int] | None = None,
    **given: Any,
) -> None:
    """Insert the replica or update it: each column comes from `given`, else from the event's field of that name.

    Columns of neither keep their values. With `newest`, a row whose number there is higher stays as it is.
    """
    columns = {column.name for column in kind.__table__.columns}
    row = event.model_dump(include=columns - given.keys()) | given
    keys = [column.name for column in kind.__table__.primary_key]
    new = insert(kind).values(row)
    changes = {name: new.excluded[name] for name in row if name not in keys}
    condition = None if newest is None else newest <= new.excluded[newest.key]
    await work.session.execute(new.on_conflict_do_update(index_elements=keys, set_=changes, where=condition))

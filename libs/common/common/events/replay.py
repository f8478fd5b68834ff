"""Replays: an operator has events sent again, to repair a service or to rebuild its read models."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from common.database.machinery_tables import MachineryTables
from common.service import ServiceDefinition
from common.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class EventSelection:
    """A selection of the outbox's events; fields without a value do not restrict it."""

    since: datetime | None = None
    until: datetime | None = None
    type: str | None = None
    """A CloudEvents type, rapport.sla.StatementIssued.v1."""
    subject: str | None = None

    def conditions(self, tables: MachineryTables) -> list[ColumnElement[bool]]:
        outbox = tables.outbox.c
        conditions = [
            column == value for column, value in ((outbox.type, self.type), (outbox.subject, self.subject)) if value
        ]
        if self.since:
            conditions.append(outbox.time >= self.since)
        if self.until:
            conditions.append(outbox.time < self.until)
        return conditions


async def count_events(work: UnitOfWork, tables: MachineryTables, selection: EventSelection) -> int:
    """Count the events that `requeue_events` would send."""
    query = select(func.count()).select_from(tables.outbox).where(*selection.conditions(tables))
    return await work.session.scalar(query) or 0


async def requeue_events(work: UnitOfWork, tables: MachineryTables, selection: EventSelection) -> int:
    """Put events on the pending list again. Consumers that had them drop them as duplicates."""
    again = select(tables.outbox.c.seq).where(*selection.conditions(tables))
    pending = insert(tables.outbox_pending).from_select(["seq"], again).on_conflict_do_nothing()
    return len((await work.session.execute(pending.returning(tables.outbox_pending.c.seq))).all())


async def clear_projections(work: UnitOfWork, service: ServiceDefinition, tables: MachineryTables) -> None:
    """Empty the service's read models and its inbox; requeue the events at their sources afterwards.

    The service's consumer must restart afterwards, so that it reads from the start of the log.
    """
    read_models = [entity.__table__ for entity in service.projections]
    for table in (*read_models, tables.inbox_versions, tables.inbox_positions, tables.inbox_held, tables.missed_events):
        await work.session.execute(text(f"TRUNCATE {table}"))
    await work.session.execute(delete(tables.inbox))

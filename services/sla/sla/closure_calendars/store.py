"""Queries on closure calendars and their editions."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from sla.closure_calendars.editions import ApprovedEdition
from sla.closure_calendars.model import ClosureCalendar, ClosureEdition, EditionState


def select_editions(calendar_id: UUID) -> Select[ClosureEdition]:
    return select(ClosureEdition).where(ClosureEdition.calendar_id == calendar_id)


async def get_edition(work: UnitOfWork, calendar_id: UUID, number: int, *, lock: bool = False) -> ClosureEdition:
    await work.get(ClosureCalendar, calendar_id, lock=lock)
    query = (
        select_editions(calendar_id)
        .where(ClosureEdition.number == number)
        .options(selectinload(ClosureEdition.calendar))
    )
    edition = (await work.session.scalars(query)).first()
    if edition is None:
        raise NotFound("edition", str(number))
    return edition


async def find_last_edition(work: UnitOfWork, calendar_id: UUID) -> ClosureEdition | None:
    query = select_editions(calendar_id).order_by(ClosureEdition.number.desc()).limit(1)
    return (await work.session.scalars(query)).first()


async def list_approved_editions(
    work: UnitOfWork, calendar_ids: Collection[UUID], known_at: datetime | None = None
) -> dict[UUID, list[ApprovedEdition]]:
    """List, by calendar and in the order of approval, the editions approved by an instant, by default now."""
    editions: dict[UUID, list[ApprovedEdition]] = {calendar_id: [] for calendar_id in calendar_ids}
    query = (
        select(ClosureEdition)
        .where(ClosureEdition.calendar_id.in_(calendar_ids), ClosureEdition.state == EditionState.APPROVED)
        .order_by(ClosureEdition.decided_at, ClosureEdition.number)
    )
    query = query if known_at is None else query.where(ClosureEdition.decided_at <= known_at)
    for edition in await work.session.scalars(query):
        if edition.first_day is not None and edition.decided_at is not None:
            row = edition.number, edition.sha256, edition.decided_at, edition.first_day, edition.parsed_closures
            editions[edition.calendar_id].append(ApprovedEdition(*row))
    return editions


async def list_calendars(work: UnitOfWork, calendar_ids: Collection[UUID]) -> Sequence[ClosureCalendar]:
    """List those of the calendars that exist; none of them is deleted until the commit."""
    query = select(ClosureCalendar).where(ClosureCalendar.id.in_(calendar_ids)).order_by(ClosureCalendar.id)
    return (await work.session.scalars(query.with_for_update(read=True, key_share=True))).all()

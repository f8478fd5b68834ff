"""Queries on statements and the chain they form."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement
from sla.compliance.statements.model import Statement
from sla.hours.spans import Span, to_datetime


class ChainLink(NamedTuple):
    """A statement as the next one of its agreement names it."""

    number: int
    sha256: str


class StatedPeriod(NamedTuple):
    """A period that has a statement."""

    agreement_id: UUID
    period: str


def select_statements(
    work: UnitOfWork, agreement_id: UUID | None, customer_id: UUID | None, period: str | None
) -> Select[Statement]:
    query = work.select_visible(select(Statement), Statement.customer_id)
    values = {Statement.agreement_id: agreement_id, Statement.customer_id: customer_id, Statement.period: period}
    return query.where(*(column == value for column, value in values.items() if value is not None))


def select_statements_known_at(
    work: UnitOfWork, agreement_id: UUID, period: str | None, known_at: datetime
) -> Select[Statement]:
    """Select the revision of each period that was the latest one at that instant."""
    later = aliased(Statement)
    superseded = _select_later_revisions(Statement, later).where(later.issued_at <= known_at)
    return select_statements(work, agreement_id, None, period).where(
        Statement.issued_at <= known_at, ~superseded.exists()
    )


async def lock_closing(work: UnitOfWork, *, exclusive: bool = False) -> None:
    """Lock closing until the end of the transaction; with `exclusive`, the statements of all closings are visible."""
    await work.lock_name("sla.close", shared=not exclusive)


async def find_latest_revision(work: UnitOfWork, agreement_id: UUID, period: str) -> Statement | None:
    query = select(Statement).where(Statement.agreement_id == agreement_id, Statement.period == period)
    return (await work.session.scalars(query.order_by(Statement.revision.desc()).limit(1))).first()


async def list_chain_ends(work: UnitOfWork, agreement_ids: Collection[UUID]) -> dict[UUID, ChainLink]:
    """Return the last link of each agreement's chain; agreements without a statement have none."""
    query = (
        select(Statement.agreement_id, Statement.number, Statement.sha256)
        .where(Statement.agreement_id.in_(agreement_ids))
        .ext(distinct_on(Statement.agreement_id))
        .order_by(Statement.agreement_id, Statement.number.desc())
    )
    return {row[0]: ChainLink(row[1], row[2]) for row in await work.session.execute(query)}


async def lock_agreements(work: UnitOfWork, agreement_ids: Collection[UUID]) -> Sequence[Agreement]:
    """Lock the agreements in the order of their ids, as everybody does who locks several."""
    query = select(Agreement).where(Agreement.id.in_(agreement_ids)).order_by(Agreement.id)
    return (await work.session.scalars(query.with_for_update())).all()


async def list_chain_up_to(work: UnitOfWork, statement: Statement) -> Sequence[Statement]:
    """List every statement of the agreement up to this one, oldest first."""
    query = select(Statement).where(
        Statement.agreement_id == statement.agreement_id, Statement.number <= statement.number
    )
    return (await work.session.scalars(query.order_by(Statement.number))).all()


async def list_periods_by_indicator(work: UnitOfWork, indicator_id: UUID, stretch: Span) -> Sequence[StatedPeriod]:
    """List the periods whose statements rest on the indicator in this stretch of time."""
    rests_on_it = Statement.document["result"]["objectives"].contains([{"indicator_id": str(indicator_id)}])
    return await _list_periods(work, to_datetime(stretch.start), to_datetime(stretch.end), rests_on_it)


async def list_periods_by_agreement(
    work: UnitOfWork, agreement_id: UUID, window_from: datetime, window_to: datetime
) -> Sequence[StatedPeriod]:
    """List the periods of the agreement whose statements rest on this stretch of time."""
    return await _list_periods(work, window_from, window_to, Statement.agreement_id == agreement_id)


async def list_periods_not_over(work: UnitOfWork) -> Sequence[StatedPeriod]:
    """List the periods that have a statement and are not over: a clock that ran ahead closed them."""
    query = select(Statement.agreement_id, Statement.period).where(Statement.period_to > work.now).distinct()
    return [StatedPeriod(*row) for row in await work.session.execute(query)]


async def _list_periods(
    work: UnitOfWork, window_from: datetime, window_to: datetime, condition: ColumnElement[bool]
) -> Sequence[StatedPeriod]:
    """List the periods whose latest statements rest on the window, oldest first."""
    overlaps = Statement.evidence_from < window_to, Statement.period_to > window_from
    superseded = _select_later_revisions(Statement, aliased(Statement))
    query = select(Statement.agreement_id, Statement.period).where(*overlaps, condition, ~superseded.exists())
    rows = await work.session.execute(query.order_by(Statement.period_from, Statement.id))
    return [StatedPeriod(*row) for row in rows]


def _select_later_revisions(statement: type[Statement], later: type[Statement]) -> Select[UUID]:
    return select(later.id).where(
        later.agreement_id == statement.agreement_id,
        later.period == statement.period,
        later.revision > statement.revision,
    )

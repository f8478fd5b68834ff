"""Queries on statements and the chain they form."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, cast, func, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, distinct_on
from sqlalchemy.orm import aliased

from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement
from sla.compliance.statements.model import Statement
from sla.hours.spans import Span, clip_spans, to_datetime, union

_OLDEST_FIRST = Statement.period_from, Statement.id


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


async def list_periods_by_measurements(
    work: UnitOfWork, stretches: Mapping[UUID, Sequence[Span]]
) -> Sequence[StatedPeriod]:
    """List the periods whose latest statements rest on an indicator in one of its stretches of time, oldest first."""
    bounds = union(Span(spans[0].start, spans[-1].end) for spans in stretches.values())
    if not bounds:
        return []
    path = cast("$.result.objectives[*].indicator_id ? (@ != null)", JSONPATH)
    indicators = func.jsonb_path_query_array(Statement.document, path)
    columns = Statement.agreement_id, Statement.period, Statement.evidence_from, Statement.period_to
    window = to_datetime(bounds[0].start), to_datetime(bounds[-1].end)
    query = select(*columns, type_coerce(indicators, JSONB)).where(*_rests_on(*window)).order_by(*_OLDEST_FIRST)
    return [
        StatedPeriod(agreement_id, period)
        for agreement_id, period, evidence_from, period_to, indicator_ids in await work.session.execute(query)
        if any(
            clip_spans(stretches.get(UUID(indicator_id), ()), Span.between(evidence_from, period_to))
            for indicator_id in indicator_ids
        )
    ]


async def list_periods_by_agreement(
    work: UnitOfWork, agreement_id: UUID, window_from: datetime, window_to: datetime
) -> Sequence[StatedPeriod]:
    """List the periods of the agreement whose latest statements rest on this stretch of time, oldest first."""
    conditions = Statement.agreement_id == agreement_id, *_rests_on(window_from, window_to)
    query = select(Statement.agreement_id, Statement.period).where(*conditions).order_by(*_OLDEST_FIRST)
    return [StatedPeriod(*row) for row in await work.session.execute(query)]


async def list_periods_not_over(work: UnitOfWork) -> Sequence[StatedPeriod]:
    """List the periods that have a statement and are not over: a clock that ran ahead closed them."""
    query = select(Statement.agreement_id, Statement.period).where(Statement.period_to > work.now).distinct()
    return [StatedPeriod(*row) for row in await work.session.execute(query)]


def _rests_on(window_from: datetime, window_to: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a statement is the latest of its period, and rests on a window."""
    superseded = _select_later_revisions(Statement, aliased(Statement))
    return Statement.evidence_from < window_to, Statement.period_to > window_from, ~superseded.exists()


def _select_later_revisions(statement: type[Statement], later: type[Statement]) -> Select[UUID]:
    return select(later.id).where(
        later.agreement_id == statement.agreement_id,
        later.period == statement.period,
        later.revision > statement.revision,
    )

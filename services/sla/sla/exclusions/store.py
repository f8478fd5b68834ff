"""Queries on what is excluded from an agreement's time by maintenance, waivers and suspensions together."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, union

from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.notice import Notice
from sla.agreements.states import NoticeKind
from sla.agreements.terms import Terms
from sla.exclusions.exclusion_rules import (
    Exclusion,
    ExclusionDecision,
    decisions_within,
    split_by_version,
    suspension_decisions,
)
from sla.exclusions.maintenance.store import is_going_on_between, list_maintenance_decisions
from sla.exclusions.waivers.model import Waiver
from sla.exclusions.waivers.store import list_waiver_decisions
from sla.hours.spans import Span


async def list_exclusions(
    work: UnitOfWork, agreement_id: UUID, terms: Terms, span: Span, *, known_at: datetime | None = None
) -> list[Exclusion]:
    """List what maintenance, waivers and suspensions exclude from `span`, as known at an instant (by default now)."""
    decisions = await list_exclusion_decisions(work, agreement_id, terms, span, known_at=known_at or work.now)
    return [decision.exclusion for decision in decisions if decision.is_excluded]


async def list_possibly_excluded_agreement_ids(
    work: UnitOfWork, agreement_ids: Collection[UUID], window_from: datetime, window_to: datetime
) -> set[UUID]:
    """List those of the agreements that may have exclusions in the window; the others have none."""
    if await work.session.scalar(select(exists().where(is_going_on_between(window_from, window_to)))):
        return set(agreement_ids)
    waived = select(Waiver.agreement_id).where(
        Waiver.agreement_id.in_(agreement_ids), Waiver.window_from < window_to, Waiver.window_to > window_from
    )
    suspended = select(Notice.agreement_id).where(
        Notice.agreement_id.in_(agreement_ids), Notice.kind == NoticeKind.SUSPENSION
    )
    return set(await work.session.scalars(union(waived, suspended)))


async def list_exclusion_decisions(
    work: UnitOfWork, agreement_id: UUID, terms: Terms, span: Span, *, known_at: datetime
) -> list[ExclusionDecision]:
    """List what may exclude time from `span`, with the decision on each, in the order of time."""
    if span.start >= span.end:
        return []
    decisions = [
        *await list_maintenance_decisions(work, agreement_id, terms, span, known_at),
        *await list_waiver_decisions(work, agreement_id, known_at),
        *suspension_decisions(await agreements.list_suspensions(work, agreement_id, known_at=known_at), span.end),
    ]
    return decisions_within(span, decisions)


async def list_decisions_by_version(
    work: UnitOfWork, agreement_id: UUID, span: Span, *, known_at: datetime
) -> list[tuple[int, ExclusionDecision]]:
    """List the decisions by the terms of the version that binds at the time, each after the number of that version."""
    schedule = await agreements.load_schedule(work, agreement_id, known_at=known_at)
    return [
        (binding.version, decision)
        for binding, part in split_by_version(schedule, span)
        for decision in await list_exclusion_decisions(work, agreement_id, binding.terms, part, known_at=known_at)
    ]

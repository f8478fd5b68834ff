"""Queries on what is excluded from an agreement's time by maintenance, waivers and suspensions together."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, union

from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.notice import Notice
from sla.agreements.states import NoticeKind
from sla.agreements.terms import Terms
from sla.exclusions.exclusion_rules import (
    AgreementSpan,
    Exclusion,
    ExclusionDecision,
    decisions_within,
    split_by_version,
    suspension_decisions,
)
from sla.exclusions.maintenance.store import is_going_on_between, list_maintenance_decisions
from sla.exclusions.waivers.model import Waiver
from sla.exclusions.waivers.store import load_waiver_decisions
from sla.hours.spans import Span


async def list_exclusions(
    work: UnitOfWork, agreement_id: UUID, terms: Terms, span: Span, *, known_at: datetime | None = None
) -> list[Exclusion]:
    """List what maintenance, waivers and suspensions exclude from `span`, as known at an instant (by default now)."""
    (excluded,) = await list_exclusions_of_spans(work, [AgreementSpan(agreement_id, terms, span)], known_at=known_at)
    return excluded


async def list_exclusions_of_spans(
    work: UnitOfWork, spans: Sequence[AgreementSpan], *, known_at: datetime | None = None
) -> list[list[Exclusion]]:
    """List what is excluded from each of the spans, in as many queries as for one of them."""
    filled = [agreement_span for agreement_span in spans if agreement_span.span.start < agreement_span.span.end]
    listed = iter(await list_exclusion_decisions(work, filled, known_at=known_at or work.now) if filled else ())
    return [
        [decision.exclusion for decision in next(listed) if decision.is_excluded] if span.start < span.end else []
        for _, _, span in spans
    ]


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
    work: UnitOfWork, spans: Sequence[AgreementSpan], *, known_at: datetime
) -> list[list[ExclusionDecision]]:
    """List what may exclude time from each of the spans, which are not empty, with the decision on each, in order."""
    agreement_ids = {agreement_id for agreement_id, _, _ in spans}
    maintained = await list_maintenance_decisions(work, spans, known_at)
    waived = await load_waiver_decisions(work, agreement_ids, known_at)
    suspended = await agreements.load_suspensions(work, agreement_ids, known_at=known_at)
    decisions_of_spans = []
    for (agreement_id, _, span), decisions in zip(spans, maintained, strict=True):
        suspensions = suspension_decisions(suspended[agreement_id], span.end)
        decisions_of_spans.append(decisions_within(span, [*decisions, *waived.get(agreement_id, ()), *suspensions]))
    return decisions_of_spans


async def list_decisions_by_version(
    work: UnitOfWork, agreement_id: UUID, span: Span, *, known_at: datetime
) -> list[tuple[int, ExclusionDecision]]:
    """List the decisions by the terms of the version that binds at the time, each after the number of that version."""
    schedule = await agreements.load_schedule(work, agreement_id, known_at=known_at)
    parts = list(split_by_version(schedule, span))
    spans = [AgreementSpan(agreement_id, binding.terms, part) for binding, part in parts]
    decisions_of_parts = await list_exclusion_decisions(work, spans, known_at=known_at)
    return [
        (binding.version, decision)
        for (binding, _), decisions in zip(parts, decisions_of_parts, strict=True)
        for decision in decisions
    ]

"""What exclusions mean for incidents: when maintenance stops their clocks, and which time is waived."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, func, select

from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, AgreementVersion
from sla.exclusions.exclusion_rules import AgreementSpan, Exclusion, split_by_version
from sla.exclusions.maintenance.model import MaintenanceTarget, MaintenanceWindow
from sla.exclusions.maintenance.store import list_maintenance_decisions, select_affected_agreements
from sla.exclusions.waivers.store import load_waiver_decisions
from sla.hours.spans import Span, to_microseconds, union


async def load_clock_stops(
    work: UnitOfWork, agreement_ids: Collection[UUID], since: datetime, *, known_at: datetime | None = None
) -> dict[UUID, list[Span]]:
    """Load when maintenance after `since` stops the clocks of each agreement, as known at an instant (now).

    The terms in force at the time of the maintenance decide, as they do on every exclusion.
    """
    if not agreement_ids:
        return {}
    maintained_until = (
        _select_agreements_with_stops()
        .join(MaintenanceWindow, MaintenanceWindow.maintenance_id == MaintenanceTarget.maintenance_id)
        .where(Agreement.id.in_(agreement_ids), MaintenanceWindow.window_to > since)
        .group_by(Agreement.id)
        .with_only_columns(Agreement.id, func.max(MaintenanceWindow.window_to))
    )
    spans = {
        agreement_id: Span(to_microseconds(since), to_microseconds(until))
        for agreement_id, until in await work.session.execute(maintained_until)
    }
    return await _load_stops_within(work, spans, known_at or work.now)


async def _load_stops_within(work: UnitOfWork, spans: Mapping[UUID, Span], at: datetime) -> dict[UUID, list[Span]]:
    schedules = await agreements.load_schedules(work, spans, known_at=at) if spans else {}
    parts = [
        AgreementSpan(agreement_id, binding.terms, part)
        for agreement_id, span in spans.items()
        for binding, part in split_by_version(schedules[agreement_id], span)
        if binding.terms.maintenance is not None and binding.terms.maintenance.stops_clocks
    ]
    stops: dict[UUID, list[Span]] = {agreement_id: [] for agreement_id in spans}
    for part, decisions in zip(parts, await list_maintenance_decisions(work, parts, at), strict=True):
        stops[part.agreement_id] += [decision.exclusion.span for decision in decisions if decision.is_approved_in_time]
    return {agreement_id: union(own) for agreement_id, own in stops.items()}


async def load_affected_clocks(work: UnitOfWork, maintenance_id: UUID) -> tuple[list[UUID], datetime]:
    """Load the ids of the agreements whose clocks the maintenance may stop, and the start of its first window."""
    first = select(func.min(MaintenanceWindow.window_from)).where(MaintenanceWindow.maintenance_id == maintenance_id)
    query = _select_agreements_with_stops().where(MaintenanceTarget.maintenance_id == maintenance_id)
    agreement_ids = query.with_only_columns(Agreement.id).distinct().order_by(Agreement.id)
    return list(await work.session.scalars(agreement_ids)), await work.session.scalar(first) or work.now


def _select_agreements_with_stops() -> Select[Agreement]:
    """Select agreements with the maintenance that affects them, if some version lets it stop clocks; few do."""
    stops_clocks = AgreementVersion.terms_document.contains({"maintenance": {"stops_clocks": True}})
    return select_affected_agreements().where(
        exists().where(AgreementVersion.agreement_id == Agreement.id, stops_clocks)
    )


async def load_waiver_exclusions(
    work: UnitOfWork, agreement_ids: Collection[UUID], known_at: datetime
) -> dict[UUID, list[Exclusion]]:
    """Load the time of waivers of each agreement that were granted by then, in the order of time."""
    decisions_by_agreement = await load_waiver_decisions(work, agreement_ids, known_at)
    return {
        agreement_id: [decision.exclusion for decision in decisions if decision.is_excluded]
        for agreement_id, decisions in decisions_by_agreement.items()
    }

"""What exclusions mean for incidents: when maintenance stops their clocks, and which time is waived."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, func, select

from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, AgreementVersion
from sla.exclusions.exclusion_rules import Exclusion, split_by_version
from sla.exclusions.maintenance.model import MaintenanceTarget, MaintenanceWindow
from sla.exclusions.maintenance.store import list_maintenance_decisions, select_affected_agreements
from sla.exclusions.waivers.store import list_waiver_decisions
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
    stops = {}
    for agreement_id, until in (await work.session.execute(maintained_until)).all():
        span = Span(to_microseconds(since), to_microseconds(until))
        stops[agreement_id] = await _load_agreement_stops(work, agreement_id, span, known_at or work.now)
    return stops


async def _load_agreement_stops(work: UnitOfWork, agreement_id: UUID, span: Span, at: datetime) -> list[Span]:
    stops: list[Span] = []
    for binding, part in split_by_version(await agreements.load_schedule(work, agreement_id, known_at=at), span):
        policy = binding.terms.maintenance
        if policy is not None and policy.stops_clocks:
            decisions = await list_maintenance_decisions(work, agreement_id, binding.terms, part, at)
            stops += [decision.exclusion.span for decision in decisions if decision.is_approved_in_time]
    return union(stops)


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


async def list_waiver_exclusions(work: UnitOfWork, agreement_id: UUID, known_at: datetime) -> list[Exclusion]:
    """List the time of waivers granted by then, in the order of time."""
    decisions = await list_waiver_decisions(work, agreement_id, known_at)
    return [decision.exclusion for decision in decisions if decision.is_excluded]

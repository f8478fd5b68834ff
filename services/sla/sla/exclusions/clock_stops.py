"""What exclusions mean for incidents: when their clocks stand still, and which of them are not held against anybody."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select

from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, AgreementVersion, OfferingReplica
from sla.exclusions import store
from sla.exclusions.model import MaintenanceTarget, MaintenanceWindow
from sla.exclusions.policy import Exclusion
from sla.exclusions.waivers import Waiver
from sla.hours.spans import Span, to_microseconds, union


async def load_clock_stops(
    work: UnitOfWork, agreement_ids: Collection[UUID], since: datetime, *, known_at: datetime | None = None
) -> dict[UUID, list[Span]]:
    """By agreement, when maintenance from `since` on stops the clocks of incidents, as was known at an instant (now).

    By the terms in force at the time of the maintenance, as for everything else it takes out.
    """
    found = {}
    for agreement_id, until in await _maintained_until(work, agreement_ids, since):
        span = Span(to_microseconds(since), to_microseconds(until))
        found[agreement_id] = await _clocks_stopped(work, agreement_id, span, known_at or work.now)
    return found


async def _clocks_stopped(work: UnitOfWork, agreement_id: UUID, span: Span, at: datetime) -> list[Span]:
    found: list[Span] = []
    for binding, part in store.split_by_version(await agreements.load_schedule(work, agreement_id, known_at=at), span):
        policy = binding.terms.maintenance
        if policy is not None and policy.stops_clocks and part.start < part.end:
            considered = await store.list_maintenance_verdicts(work, agreement_id, binding.terms, part, at)
            found += [one.exclusion.span for one in considered if one.is_approved_in_time]
    return union(found)


async def load_affected_clocks(work: UnitOfWork, maintenance_id: UUID) -> tuple[list[UUID], datetime]:
    """The agreements whose clocks it may stop, and from when on."""
    begin = select(func.min(MaintenanceWindow.window_from)).where(MaintenanceWindow.maintenance_id == maintenance_id)
    reached = _reached().where(MaintenanceTarget.maintenance_id == maintenance_id, _stops_clocks())
    query = reached.with_only_columns(Agreement.id).distinct().order_by(Agreement.id)
    return list(await work.session.scalars(query)), await work.session.scalar(begin) or work.now


async def _maintained_until(
    work: UnitOfWork, agreement_ids: Collection[UUID], since: datetime
) -> Sequence[tuple[UUID, datetime]]:
    """Those of many agreements whose clocks maintenance may stop after `since`, with the end of its last window."""
    if not agreement_ids:
        return []
    last = func.max(MaintenanceWindow.window_to)
    query = _reached().join(MaintenanceWindow, MaintenanceWindow.maintenance_id == MaintenanceTarget.maintenance_id)
    query = query.where(Agreement.id.in_(agreement_ids), MaintenanceWindow.window_to > since, _stops_clocks())
    found = await work.session.execute(query.group_by(Agreement.id).with_only_columns(Agreement.id, last))
    return [(row[0], row[1]) for row in found]


def _reached() -> Select[Agreement]:
    names = Agreement.id, Agreement.offering_id, OfferingReplica.service_id
    query = select(Agreement).join(OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id)
    return query.join(MaintenanceTarget, MaintenanceTarget.target_id.in_(names))


def _stops_clocks() -> ColumnElement[bool]:
    """By some version; few do."""
    says_so = AgreementVersion.terms_document.contains({"maintenance": {"stops_clocks": True}})
    return exists().where(AgreementVersion.agreement_id == Agreement.id, says_so)


async def list_waiver_exclusions(work: UnitOfWork, agreement_id: UUID, known_at: datetime) -> list[Exclusion]:
    """Granted by then, in the order of time."""
    query = select(Waiver).where(Waiver.agreement_id == agreement_id, Waiver.granted_at <= known_at)
    found = await work.session.scalars(query.order_by(Waiver.window_from, Waiver.id))
    considered = (one.verdict(one.span, known_at) for one in found)
    return [one.exclusion for one in considered if one is not None and one.is_excluded]

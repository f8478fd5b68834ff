"""Queries on planned maintenance: what it affects, who sees it, and what of it is excluded from an agreement's time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, OfferingReplica
from sla.agreements.states import AgreementState
from sla.exclusions.exclusion_rules import AgreementSpan, ExclusionDecision
from sla.exclusions.maintenance.agreement_windows import AgreementWindow, maintenance_decisions, review_periods_touching
from sla.exclusions.maintenance.model import Maintenance, MaintenanceAnnouncement, MaintenanceTarget, MaintenanceWindow
from sla.exclusions.maintenance.states import AffectedKind, MaintenanceState
from sla.hours.spans import to_datetime

WITH_CHILDREN = (
    selectinload(Maintenance.affects),
    selectinload(Maintenance.announcements).selectinload(MaintenanceAnnouncement.decisions),
    selectinload(Maintenance.windows).selectinload(MaintenanceWindow.announcement),
)
TARGET_COLUMNS: dict[AffectedKind, InstrumentedAttribute[UUID]] = {
    AffectedKind.SERVICE: OfferingReplica.service_id,
    AffectedKind.OFFERING: OfferingReplica.offering_id,
    AffectedKind.AGREEMENT: Agreement.id,
}
BINDING_STATES = [state for state in AgreementState if state.is_signed_by_both]


def select_maintenances(
    work: UnitOfWork,
    *,
    affects: UUID | None = None,
    customer_id: UUID | None = None,
    state: MaintenanceState | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Select[Maintenance]:
    """Select maintenance; a customer sees what affects one of the agreements proposed to it."""
    query = select(Maintenance).options(*WITH_CHILDREN).where(is_going_on_between(start, end))
    conditions = [] if customer_id is None else [Agreement.customer_id == customer_id]
    if work.principal.is_bound:
        conditions += [Agreement.customer_id == work.principal.customer_id, Agreement.proposed_at.is_not(None)]
    if conditions:
        query = query.where(_affects_agreements(*conditions))
    if affects is not None:
        is_target = MaintenanceTarget.maintenance_id == Maintenance.id, MaintenanceTarget.target_id == affects
        query = query.where(_affects_agreements(*conditions, *is_target) if conditions else exists().where(*is_target))
    return query if state is None else query.where(Maintenance.state == state)


async def get_maintenance(
    work: UnitOfWork, maintenance_id: UUID, *, lock: bool = False, match: int | None = None
) -> Maintenance:
    """Get the maintenance with its children; a customer gets what affects its agreements."""
    maintenance = await work.get(Maintenance, maintenance_id, lock=lock, match=match)
    visible = select_maintenances(work).where(Maintenance.id == maintenance_id)
    if (await work.session.scalars(visible)).first() is None:
        raise NotFound("maintenance", maintenance_id)
    return maintenance


async def list_visible_agreement_ids(work: UnitOfWork, maintenances: Iterable[Maintenance]) -> set[UUID]:
    """List those of the agreements affected by their own ids that the principal may see."""
    target_ids = {key for maintenance in maintenances for key in maintenance.target_ids()["agreement_ids"]}
    visible = agreements.select_agreements(work).where(Agreement.id.in_(target_ids))
    return set(await work.session.scalars(visible.with_only_columns(Agreement.id)))


async def list_maintenance_decisions(
    work: UnitOfWork, spans: Sequence[AgreementSpan], at: datetime
) -> list[list[ExclusionDecision]]:
    """List the decisions on maintenance within each span.

    The windows of every review period that it touches are loaded, since the cap is spent from its start on.
    """
    periods = [period for _, terms, span in spans for period in review_periods_touching(terms, span)]
    if not periods:
        return [[] for _ in spans]
    start, end = min(period.start for period in periods), max(period.end for period in periods)
    query = (
        select_affected_agreements()
        .join(Maintenance, Maintenance.id == MaintenanceTarget.maintenance_id)
        .where(Agreement.id.in_({agreement_id for agreement_id, _, _ in spans}))
        .where(is_going_on_between(to_datetime(start), to_datetime(end)))
        .with_only_columns(Agreement.id, Maintenance, Agreement.customer_id)
        .options(*WITH_CHILDREN)
    )
    windows = defaultdict[UUID, list[AgreementWindow]](list)
    for agreement_id, maintenance, customer_id in (await work.session.execute(query)).unique():
        windows[agreement_id] += maintenance.windows_for(customer_id, at)
    return [maintenance_decisions(windows[agreement_id], terms, span) for agreement_id, terms, span in spans]


async def list_affected_agreements(work: UnitOfWork, maintenance_id: UUID) -> Sequence[Agreement]:
    """List the agreements signed by both sides that the maintenance affects."""
    is_affected = MaintenanceTarget.maintenance_id == maintenance_id
    query = select_affected_agreements().where(is_affected, Agreement.state.in_(BINDING_STATES))
    return (await work.session.scalars(query.order_by(Agreement.id))).unique().all()


def select_affected_agreements() -> Select[Agreement]:
    """Select each agreement with every target of maintenance that affects it: itself, its offering or its service."""
    target_ids = Agreement.id, Agreement.offering_id, OfferingReplica.service_id
    return (
        select(Agreement)
        .select_from(Agreement)
        .join(OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id)
        .join(MaintenanceTarget, MaintenanceTarget.target_id.in_(target_ids))
    )


def is_going_on_between(start: datetime | None, end: datetime | None) -> ColumnElement[bool]:
    """The condition that a window of the maintenance, or work after its last one, lies between the two."""
    is_window = MaintenanceWindow.maintenance_id == Maintenance.id
    begins = exists().where(is_window, MaintenanceWindow.window_from < end) if end else exists().where(is_window)
    if start is None:
        return begins
    works_later = or_(Maintenance.ended_at > start, Maintenance.state == MaintenanceState.UNDER_WAY)
    return begins & or_(exists().where(is_window, MaintenanceWindow.window_to > start), works_later)


def _affects_agreements(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition that the maintenance affects an agreement for which the conditions hold."""
    affected = select_affected_agreements().where(MaintenanceTarget.maintenance_id == Maintenance.id, *conditions)
    return affected.with_only_columns(MaintenanceTarget.id).exists()

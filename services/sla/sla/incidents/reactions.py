"""Reactions of clocks to suspensions of agreements and to maintenance, in both of which clocks may stand still."""

from common.unit_of_work import UnitOfWork
from published.sla import (
    AgreementResumed,
    AgreementSuspended,
    MaintenanceAnnounced,
    MaintenanceApproved,
    MaintenanceCancelled,
    MaintenanceFinished,
)
from sla.exclusions.incident_exclusions import load_affected_clocks
from sla.incidents.clocks import store


async def recheck_after_suspension(work: UnitOfWork, event: AgreementSuspended | AgreementResumed) -> None:
    since = event.suspended_from if isinstance(event, AgreementSuspended) else event.resumed_at
    await store.schedule_recheck(work, [event.agreement_id], since)


async def recheck_after_maintenance(
    work: UnitOfWork, event: MaintenanceAnnounced | MaintenanceApproved | MaintenanceCancelled | MaintenanceFinished
) -> None:
    """Recheck the clocks that the maintenance may stop; a late approval also reaches those that have ended."""
    agreement_ids, since = await load_affected_clocks(work, event.maintenance_id)
    await store.schedule_recheck(work, agreement_ids, since)

"""What happens to clocks when an agreement is suspended or resumed, or maintenance is planned or over."""

from common.unit_of_work import UnitOfWork
from published.sla import (
    AgreementResumed,
    AgreementSuspended,
    MaintenanceAnnounced,
    MaintenanceApproved,
    MaintenanceCancelled,
    MaintenanceFinished,
)
from sla.exclusions.clock_stops import load_affected_clocks
from sla.incidents import store


async def recheck_after_suspension(work: UnitOfWork, event: AgreementSuspended | AgreementResumed) -> None:
    """Its clocks stand still in suspensions: they are looked at again."""
    await store.schedule_recheck(work, event.agreement_id)


async def recheck_after_maintenance(
    work: UnitOfWork, event: MaintenanceAnnounced | MaintenanceApproved | MaintenanceCancelled | MaintenanceFinished
) -> None:
    """The same for agreements by which clocks stand still in maintenance; late approval reaches what is closed, too."""
    agreement_ids, since = await load_affected_clocks(work, event.maintenance_id)
    await store.schedule_recheck_since(work, agreement_ids, since)

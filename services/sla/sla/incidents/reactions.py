"""What happens to clocks when an agreement is suspended or resumed, or maintenance is planned or over."""

from common.work import Work
from published.sla import (
    AgreementResumed,
    AgreementSuspended,
    MaintenanceAnnounced,
    MaintenanceApproved,
    MaintenanceCancelled,
    MaintenanceFinished,
)
from sla.exclusions.stopping import clocks_reached
from sla.incidents import store


async def note_suspension(work: Work, event: AgreementSuspended | AgreementResumed) -> None:
    """Its clocks stand still in suspensions: they are looked at again."""
    await store.wake(work, event.agreement_id)


async def note_maintenance(
    work: Work, event: MaintenanceAnnounced | MaintenanceApproved | MaintenanceCancelled | MaintenanceFinished
) -> None:
    """The same for agreements by which clocks stand still in maintenance; late approval reaches what is closed, too."""
    agreement_ids, since = await clocks_reached(work, event.maintenance_id)
    await store.wake_since(work, agreement_ids, since)

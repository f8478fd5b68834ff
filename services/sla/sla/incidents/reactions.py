"""What happens to clocks when an agreement is suspended or resumed."""

from common.work import Work
from published.sla import AgreementResumed, AgreementSuspended
from sla.incidents import store


async def note_suspension(work: Work, event: AgreementSuspended | AgreementResumed) -> None:
    """Its clocks stand still in suspensions: they are looked at again."""
    await store.wake(work, event.agreement_id)

"""What follows from agreements: an offering that one is live on cannot be retired."""

from catalog.offerings.model import LiveAgreement
from common.work import Work
from published.sla import AgreementActivated, AgreementEnded, AgreementSigned


async def note_agreement(work: Work, event: AgreementSigned) -> None:
    """A later version of the agreement replaces what an earlier one said."""
    await work.session.merge(
        LiveAgreement(
            agreement_id=event.agreement_id,
            offering_id=event.offering_id,
            customer_id=event.customer_id,
            name=event.name,
            version=event.version,
        )
    )


async def note_activation(work: Work, event: AgreementActivated) -> None:
    agreement = await work.session.get(LiveAgreement, event.agreement_id)
    if agreement is not None:
        agreement.active_since = event.activated_at


async def forget_agreement(work: Work, event: AgreementEnded) -> None:
    agreement = await work.session.get(LiveAgreement, event.agreement_id)
    if agreement is not None:
        await work.session.delete(agreement)

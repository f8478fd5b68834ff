"""HTTP: what happens to a signed agreement between its first day and its last."""

from uuid import UUID

from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsCustomer, AsReader, Router
from sla.agreements.model import Notice
from sla.agreements.store import get_agreement
from sla.notices import actions, store
from sla.notices.views import AgreementNoticeView, NewRenewal, NewResumption, NewSuspension, NewTermination

router = Router(prefix="/agreements/{agreement_id}", tags=["notices"])


@router.get("/notices", summary="List the notices of an agreement")
async def list_notices(work: AsReader, agreement_id: UUID, paging: Paging) -> Page[AgreementNoticeView]:
    """Renewals, suspensions, resumptions and terminations, whatever became of them, oldest first."""
    query = store.select_notices(await get_agreement(work, agreement_id))
    return (await paginate(work.session, query, paging, key=Notice.id)).to_page(AgreementNoticeView.from_entity)


@router.post("/renewals", status_code=201, summary="Ask for a later last day")
async def renew_agreement(work: AsCustomer, agreement_id: UUID, body: NewRenewal) -> AgreementNoticeView:
    """Before the last day is over. It takes effect with the consent of the other side."""
    return AgreementNoticeView.from_entity(await actions.renew(work, agreement_id, body.last_day, body.reason))


@router.post("/suspensions", status_code=201, summary="Suspend an agreement")
async def suspend_agreement(work: AsCustomer, agreement_id: UUID, body: NewSuspension) -> AgreementNoticeView:
    """Nothing is promised while it lasts. From now on at once; one that began before needs the other side's consent."""
    return AgreementNoticeView.from_entity(await actions.suspend(work, agreement_id, body.from_, body.to, body.reason))


@router.post("/suspensions/{suspension_id}/resumption", status_code=201, summary="End a suspension")
async def resume_agreement(
    work: AsCustomer, agreement_id: UUID, suspension_id: UUID, body: NewResumption
) -> AgreementNoticeView:
    """Now or later at once; from an instant that lies in the past only with the other side's consent."""
    return AgreementNoticeView.from_entity(
        await actions.resume(work, agreement_id, suspension_id, body.at, body.reason)
    )


@router.post("/terminations", status_code=201, summary="Terminate an agreement")
async def terminate_agreement(work: AsCustomer, agreement_id: UUID, body: NewTermination) -> AgreementNoticeView:
    """By either side, with the notice that the terms ask for. After the last day nothing is promised or stated."""
    return AgreementNoticeView.from_entity(await actions.terminate(work, agreement_id, body.last_day, body.reason))


@router.post("/notices/{notice_id}/consent", status_code=201, summary="Consent to a notice of the other side")
async def consent_to_notice(work: AsCustomer, agreement_id: UUID, notice_id: UUID) -> AgreementNoticeView:
    """It takes effect, if what it asks for is still possible. Nobody consents to their own notice."""
    return AgreementNoticeView.from_entity(await actions.consent(work, agreement_id, notice_id))


@router.post("/notices/{notice_id}/withdrawal", status_code=201, summary="Withdraw or decline a notice")
async def leave_notice(work: AsCustomer, agreement_id: UUID, notice_id: UUID) -> AgreementNoticeView:
    """As long as it waits for consent: its own side withdraws it, the other one declines it."""
    return AgreementNoticeView.from_entity(await actions.withdraw_or_decline(work, agreement_id, notice_id))

"""HTTP: notices that renew, suspend, resume and terminate signed agreements."""

from typing import Annotated
from uuid import UUID

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsCustomer, AsReader, Router
from sla.agreements.notice import Notice
from sla.agreements.store import get_agreement
from sla.notices import actions, store
from sla.notices.views import AgreementNoticeView, NewRenewal, NewResumption, NewSuspension, NewTermination

router = Router(prefix="/agreements/{agreement_id}", tags=["notices"])
NoticePaging = Annotated[PageRequest, listing(Notice.id, sort=(Notice.given_at,))]


@router.get("/notices", summary="List the notices of an agreement")
async def list_agreement_notices(work: AsReader, agreement_id: UUID, paging: NoticePaging) -> Page[AgreementNoticeView]:
    """The list holds renewals, suspensions, resumptions and terminations in every state, oldest first."""
    query = store.select_notices(await get_agreement(work, agreement_id))
    return (await paginate(work.session, query, paging, key=Notice.id)).to_page(AgreementNoticeView.from_entity)


@router.post("/renewals", status_code=201, summary="Ask for a later last day")
async def renew_agreement(work: AsCustomer, agreement_id: UUID, body: NewRenewal) -> AgreementNoticeView:
    """A renewal is asked for until the last day is over, and takes effect with the consent of the other side."""
    return AgreementNoticeView.from_entity(await actions.give_notice(work, agreement_id, body.to_notice()))


@router.post("/suspensions", status_code=201, summary="Suspend an agreement")
async def suspend_agreement(work: AsCustomer, agreement_id: UUID, body: NewSuspension) -> AgreementNoticeView:
    """Nothing is promised during a suspension. One that begins in the past needs the consent of the other side."""
    return AgreementNoticeView.from_entity(await actions.give_notice(work, agreement_id, body.to_notice()))


@router.post("/suspensions/{suspension_id}/resumption", status_code=201, summary="End a suspension")
async def resume_agreement(
    work: AsCustomer, agreement_id: UUID, suspension_id: UUID, body: NewResumption
) -> AgreementNoticeView:
    """The suspension ends now or later; an end in the past needs the consent of the other side."""
    return AgreementNoticeView.from_entity(await actions.give_notice(work, agreement_id, body.to_notice(suspension_id)))


@router.post("/terminations", status_code=201, summary="Terminate an agreement")
async def terminate_agreement(work: AsCustomer, agreement_id: UUID, body: NewTermination) -> AgreementNoticeView:
    """Either side terminates with the notice period in the terms. Nothing is promised after the last day."""
    return AgreementNoticeView.from_entity(await actions.give_notice(work, agreement_id, body.to_notice()))


@router.post("/notices/{notice_id}/consent", status_code=201, summary="Consent to a notice of the other side")
async def consent_to_notice(work: AsCustomer, agreement_id: UUID, notice_id: UUID) -> AgreementNoticeView:
    """The notice takes effect if it is still possible. Nobody consents to their own notice."""
    return AgreementNoticeView.from_entity(await actions.consent(work, agreement_id, notice_id))


@router.post("/notices/{notice_id}/withdrawal", status_code=201, summary="Withdraw or decline a notice")
async def withdraw_notice(work: AsCustomer, agreement_id: UUID, notice_id: UUID) -> AgreementNoticeView:
    """A notice that waits for consent is withdrawn by its own side or declined by the other side."""
    return AgreementNoticeView.from_entity(await actions.withdraw_or_decline(work, agreement_id, notice_id))

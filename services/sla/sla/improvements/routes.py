"""HTTP: the register of improvements."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsManager, AsOwner, AsReader, AsStaff, IfMatch, Router
from common.unit_of_work import UnitOfWork
from sla.improvements import actions, store, views
from sla.improvements.effect.analysis import load_effect_analysis
from sla.improvements.model import Improvement
from sla.improvements.registration import Registration
from sla.improvements.states import MeasureNotRegistered
from sla.improvements.views import ImprovementEffectView, ImprovementSummary, ImprovementView

router = Router(prefix="/improvements", tags=["improvements"])


@router.post("", status_code=201, summary="Propose an improvement")
async def propose_improvement(work: AsOwner, body: views.NewImprovement) -> ImprovementView:
    """From issues, for customers, or of one's own accord. Low scores propose improvements by themselves."""
    found = await actions.propose(work, body.title, body.description, body.issue_ids, body.customer_ids)
    return _shown(work, found)


@router.get("", summary="List improvements, oldest first")
async def list_improvements(
    work: AsReader, paging: Paging, wanted: Annotated[store.ImprovementFilter, Depends()]
) -> Page[ImprovementSummary]:
    """A customer sees those it complained about."""
    page = await paginate(work.session, store.select_improvements(work, wanted), paging, key=Improvement.id)
    return page.to_page(lambda improvement: ImprovementSummary.from_entity(improvement, work.principal))


@router.get("/{improvement_id}", summary="Read an improvement, and who is to be told of it")
async def read_improvement(work: AsReader, improvement_id: UUID) -> ImprovementView:
    return _shown(work, await store.get_improvement(work, improvement_id))


@router.put("/{improvement_id}/registration", summary="Register what an improvement is measured by")
async def register_improvement_measure(
    work: AsOwner, improvement_id: UUID, match: IfMatch, body: Registration
) -> ImprovementView:
    """Measure, direction, window, control and placebo date. Once it is approved, nothing of it can be changed."""
    return _shown(work, await actions.register_measure(work, improvement_id, match, body))


@router.post("/{improvement_id}/assessment", status_code=201, summary="Assess an improvement")
async def assess_improvement(work: AsOwner, improvement_id: UUID, body: views.ImprovementAssessment) -> ImprovementView:
    """Benefit, effort and risk; again, until it is approved."""
    return _shown(work, await actions.assess(work, improvement_id, body.model_dump()))


@router.post("/{improvement_id}/approval", status_code=201, summary="Approve an improvement")
async def approve_improvement(work: AsManager, improvement_id: UUID) -> ImprovementView:
    """By somebody else than who proposed it, and with what it is measured by."""
    return _shown(work, await actions.approve(work, improvement_id))


@router.post("/{improvement_id}/rejection", status_code=201, summary="Reject an improvement")
async def reject_improvement(
    work: AsManager, improvement_id: UUID, body: views.ImprovementRejection
) -> ImprovementView:
    """For a reason, which those who complained are told."""
    return _shown(work, await actions.reject(work, improvement_id, body.reason))


@router.post("/{improvement_id}/start", status_code=201, summary="Begin an improvement")
async def start_improvement(work: AsOwner, improvement_id: UUID) -> ImprovementView:
    """After it was approved."""
    return _shown(work, await actions.start(work, improvement_id))


@router.post("/{improvement_id}/implementation", status_code=201, summary="Say that an improvement is implemented")
async def implement_improvement(
    work: AsOwner, improvement_id: UUID, body: views.ImprovementImplementation
) -> ImprovementView:
    """From then on it is measured; those who complained are to be told."""
    return _shown(work, await actions.implement(work, improvement_id, body.outcome, body.implemented_at))


@router.get(
    "/{improvement_id}/effect",
    summary="Show the points and the fit of an improvement",
    responses={409: {"description": MeasureNotRegistered.title()}},
)
async def read_improvement_effect(work: AsStaff, improvement_id: UUID) -> ImprovementEffectView:
    """Until the verdict is given: the points so far, and whether the placebo date is silent."""
    improvement = await store.get_improvement(work, improvement_id)
    if improvement.evidence is not None:
        return ImprovementEffectView.from_entity(improvement)
    return ImprovementEffectView.from_analysis(improvement, await load_effect_analysis(work, improvement))


@router.post("/{improvement_id}/verification", status_code=201, summary="Give the verdict of an improvement")
async def verify_improvement(work: AsOwner, improvement_id: UUID) -> ImprovementView:
    """When all points have come that were registered; it also happens by itself."""
    return _shown(work, await actions.verify(work, improvement_id))


@router.post("/{improvement_id}/extension", status_code=201, summary="Measure an improvement for longer")
async def extend_improvement_verification(
    work: AsManager, improvement_id: UUID, body: views.VerificationExtension
) -> ImprovementView:
    """Where nothing could be concluded."""
    return _shown(work, await actions.extend_verification(work, improvement_id, body.periods_after))


@router.post("/{improvement_id}/notices/{notice_id}/telling", status_code=201, summary="Note that a customer was told")
async def mark_customer_notified(
    work: AsOwner, improvement_id: UUID, notice_id: UUID, body: views.CustomerNotification
) -> ImprovementView:
    """Who, when and how."""
    return _shown(work, await actions.mark_customer_notified(work, improvement_id, notice_id, body.how))


@router.post("/{improvement_id}/closure", status_code=201, summary="Close a verified improvement")
async def close_improvement(work: AsOwner, improvement_id: UUID) -> ImprovementView:
    """When everybody who complained was told."""
    return _shown(work, await actions.close(work, improvement_id))


def _shown(work: UnitOfWork, improvement: Improvement) -> ImprovementView:
    work.set_etag(improvement)
    return ImprovementView.from_entity(improvement, work.principal)

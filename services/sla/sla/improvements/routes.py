"""The HTTP interface of the register of improvements."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsManager, AsOwner, AsReader, AsStaff, IfMatch, Router
from common.unit_of_work import UnitOfWork
from common.views import Reason
from sla.improvements import actions, store, views
from sla.improvements.effect_analysis import load_preliminary_evidence
from sla.improvements.errors import MeasureNotRegistered
from sla.improvements.model import Improvement
from sla.improvements.registration import Registration
from sla.improvements.views import ImprovementEffectView, ImprovementSummary, ImprovementView

router = Router(prefix="/improvements", tags=["improvements"])
ImprovementPaging = Annotated[
    PageRequest,
    listing(
        Improvement.id,
        changed=Improvement.modified_at,
        sort=(Improvement.title, Improvement.proposed_at),
        search=(Improvement.title,),
    ),
]


@router.post("", status_code=201, summary="Propose an improvement")
async def propose_improvement(work: AsOwner, body: views.NewImprovement) -> ImprovementView:
    """Propose it from issues, for customers, or as your own idea. A low score proposes one automatically."""
    return _to_view(work, await actions.propose(work, body))


@router.get("", summary="List improvements, oldest first")
async def list_improvements(
    work: AsReader, paging: ImprovementPaging, filters: Annotated[store.ImprovementFilter, Depends()]
) -> Page[ImprovementSummary]:
    """A customer sees the improvements that come from its issues, scores and wishes."""
    page = await paginate(work.session, store.select_improvements(work, filters), paging, key=Improvement.id)
    return page.to_page(lambda improvement: ImprovementSummary.for_reader(improvement, work))


@router.get("/{improvement_id}", summary="Read an improvement with its sources and notices")
async def read_improvement(work: AsReader, improvement_id: UUID) -> ImprovementView:
    return _to_view(work, await store.get_improvement(work, improvement_id))


@router.put("/{improvement_id}/registration", summary="Register how an improvement is measured")
async def register_improvement_measure(
    work: AsOwner, improvement_id: UUID, match: IfMatch, body: Registration
) -> ImprovementView:
    """Set measure, direction, baseline, control and placebo date. They do not change after the approval."""
    return _to_view(work, await actions.register_measure(work, improvement_id, match, body))


@router.post("/{improvement_id}/assessment", status_code=201, summary="Assess an improvement")
async def assess_improvement(work: AsOwner, improvement_id: UUID, body: views.ImprovementAssessment) -> ImprovementView:
    """Record benefit, effort and risk. Repeat it until the improvement is approved."""
    return _to_view(work, await actions.assess(work, improvement_id, body.model_dump()))


@router.post("/{improvement_id}/approval", status_code=201, summary="Approve an improvement")
async def approve_improvement(work: AsManager, improvement_id: UUID) -> ImprovementView:
    """Approve it together with its registration. The proposer cannot approve it."""
    return _to_view(work, await actions.approve(work, improvement_id))


@router.post("/{improvement_id}/rejection", status_code=201, summary="Reject an improvement")
async def reject_improvement(work: AsManager, improvement_id: UUID, body: Reason) -> ImprovementView:
    """Give the reason; the customers of the sources are to be notified of it."""
    return _to_view(work, await actions.reject(work, improvement_id, body.reason))


@router.post("/{improvement_id}/start", status_code=201, summary="Start an improvement")
async def start_improvement(work: AsOwner, improvement_id: UUID) -> ImprovementView:
    """Start it after the approval."""
    return _to_view(work, await actions.start(work, improvement_id))


@router.post("/{improvement_id}/implementation", status_code=201, summary="Report an improvement as implemented")
async def implement_improvement(
    work: AsOwner, improvement_id: UUID, body: views.ImprovementImplementation
) -> ImprovementView:
    """Measure it from then on, until the verdict. The customers of the sources are to be notified."""
    return _to_view(work, await actions.implement(work, improvement_id, body.outcome, body.implemented_at))


@router.get(
    "/{improvement_id}/effect",
    summary="Read the measured effect of an improvement",
    responses={409: {"description": MeasureNotRegistered.title()}},
)
async def read_improvement_effect(work: AsStaff, improvement_id: UUID) -> ImprovementEffectView:
    """Return points, fits and verdict. Before the verdict, only the points so far and the fit at the placebo date."""
    improvement = await store.get_improvement(work, improvement_id)
    evidence = improvement.evidence or await load_preliminary_evidence(work, improvement)
    return ImprovementEffectView.from_entity(improvement, improvement_id=improvement.id, **evidence)


@router.post("/{improvement_id}/extension", status_code=201, summary="Measure an improvement for longer")
async def extend_improvement_verification(
    work: AsManager, improvement_id: UUID, body: views.VerificationExtension
) -> ImprovementView:
    """Extend the verification of an inconclusive improvement."""
    return _to_view(work, await actions.extend_verification(work, improvement_id, body.periods_after))


@router.post(
    "/{improvement_id}/notices/{notice_id}/delivery", status_code=201, summary="Record that a customer was notified"
)
async def mark_customer_notified(
    work: AsOwner, improvement_id: UUID, notice_id: UUID, body: views.CustomerNotification
) -> ImprovementView:
    """Record who notified the customer, when and how."""
    return _to_view(work, await actions.mark_customer_notified(work, improvement_id, notice_id, body.how))


@router.post("/{improvement_id}/closure", status_code=201, summary="Close a verified improvement")
async def close_improvement(work: AsOwner, improvement_id: UUID) -> ImprovementView:
    """Close it when all customers with a notice have been notified."""
    return _to_view(work, await actions.close(work, improvement_id))


def _to_view(work: UnitOfWork, improvement: Improvement) -> ImprovementView:
    work.set_etag(improvement)
    return ImprovementView.for_reader(improvement, work)

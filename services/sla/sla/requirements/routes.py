"""HTTP: service level requirements, and what answers them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from common.door import AsCustomer, AsManager, AsReader, IfMatch, Router
from common.paging import Page, Paging, paginate
from common.work import Work
from sla.requirements import actions, store
from sla.requirements.coverage import cover
from sla.requirements.levels import Wanted
from sla.requirements.model import RequirementState, ServiceRequirement
from sla.requirements.views import CoverageView, NewRequirement, Refusal, RequirementView

router = Router(tags=["requirements"])


@router.post("/requirements", status_code=201, summary="Submit a service level requirement")
async def submit_requirement(work: AsCustomer, body: NewRequirement) -> RequirementView:
    """What level is wanted, when, how much and why. Objectives that meet it name it in `answers`."""
    return await _shown(work, await actions.submit(work, body.request(), body.wanted))


@router.get("/requirements", summary="List service level requirements, oldest first")
async def list_requirements(
    work: AsReader,
    paging: Paging,
    customer_id: UUID | None = None,
    service_id: UUID | None = None,
    source_id: UUID | None = None,
    state: RequirementState | None = None,
) -> Page[RequirementView]:
    """A customer sees its own."""
    wanted = {
        ServiceRequirement.customer_id: customer_id,
        ServiceRequirement.service_id: service_id,
        ServiceRequirement.source_id: source_id,
    }
    page = await paginate(work.session, store.requirements(work, wanted, state), paging, key=ServiceRequirement.id)
    commitments = await store.in_force(work, {one.customer_id for one in page.items})
    coverage = cover({one.id: one.wanted for one in page.items}, commitments)
    return page.map(lambda one: RequirementView.of(one, coverage))


@router.get("/requirements/coverage", summary="Read which of a customer's requirements are answered")
async def read_coverage(
    work: AsReader,
    customer_id: Annotated[UUID | None, Query(description="Whose; a customer's own when absent.")] = None,
) -> CoverageView:
    """By what is in force: every objective with what it answers, objectives that answer nothing, and what is open."""
    return CoverageView.of(*await store.coverage_of_customer(work, store.whose(work, customer_id)))


@router.get("/agreements/{agreement_id}/requirements", summary="Read which requirements an agreement answers")
async def read_agreement_coverage(
    work: AsReader,
    agreement_id: UUID,
    version: Annotated[int | None, Query(ge=1, description="In force, or else the newest, when absent.")] = None,
) -> CoverageView:
    """Of any version, so that what is left open is seen before it is signed."""
    return CoverageView.of(*await store.coverage_of_agreement(work, agreement_id, version))


@router.get("/requirements/{requirement_id}", summary="Read a service level requirement")
async def read_requirement(work: AsReader, requirement_id: UUID) -> RequirementView:
    return await _shown(work, await store.requirement(work, requirement_id))


@router.put("/requirements/{requirement_id}/wanted", summary="Change what a requirement asks for")
async def revise_requirement(work: AsCustomer, requirement_id: UUID, match: IfMatch, body: Wanted) -> RequirementView:
    """What answers it may no longer meet it."""
    return await _shown(work, await actions.revise(work, requirement_id, match, body))


@router.post("/requirements/{requirement_id}/refusal", status_code=201, summary="Refuse a requirement")
async def refuse_requirement(work: AsManager, requirement_id: UUID, body: Refusal) -> RequirementView:
    """With the reason, which the requester is told."""
    return await _shown(work, await actions.refuse(work, requirement_id, body.reason))


@router.post("/requirements/{requirement_id}/withdrawal", status_code=201, summary="Withdraw a requirement")
async def withdraw_requirement(work: AsCustomer, requirement_id: UUID, body: Refusal) -> RequirementView:
    """It is no longer needed."""
    return await _shown(work, await actions.withdraw(work, requirement_id, body.reason))


async def _shown(work: Work, found: ServiceRequirement) -> RequirementView:
    work.tag(found)
    commitments = await store.in_force(work, [found.customer_id])
    return RequirementView.of(found, cover({found.id: found.wanted}, commitments))

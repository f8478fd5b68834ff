"""HTTP: service level requirements, and what answers them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsCustomer, AsManager, AsReader, IfMatch, Router
from common.unit_of_work import UnitOfWork
from sla.requirements import actions, store
from sla.requirements.coverage import compute_coverage
from sla.requirements.model import RequirementState, ServiceRequirement
from sla.requirements.service_levels import RequiredServiceLevel
from sla.requirements.views import NewRequirement, RequirementCoverageView, RequirementReason, RequirementView

router = Router(tags=["requirements"])


@router.post("/requirements", status_code=201, summary="Submit a service level requirement")
async def submit_requirement(work: AsCustomer, body: NewRequirement) -> RequirementView:
    """What level is wanted, when, how much and why. Objectives that meet it name it in `answers`."""
    return await _shown(work, await actions.submit(work, body.to_request(), body.wanted))


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
    page = await paginate(
        work.session, store.select_requirements(work, wanted, state), paging, key=ServiceRequirement.id
    )
    commitments = await store.list_commitments(work, {one.customer_id for one in page.items})
    coverage = compute_coverage({one.id: one.service_level for one in page.items}, commitments)
    return page.to_page(lambda one: RequirementView.from_entity(one, coverage))


@router.get("/requirements/coverage", summary="Read which of a customer's requirements are answered")
async def read_requirement_coverage(
    work: AsReader,
    customer_id: Annotated[UUID | None, Query(description="Whose; a customer's own when absent.")] = None,
) -> RequirementCoverageView:
    """By what is in force: every objective with what it answers, objectives that answer nothing, and what is open."""
    return RequirementCoverageView.from_coverage(
        *await store.load_customer_coverage(work, store.resolve_customer_id(work, customer_id))
    )


@router.get("/agreements/{agreement_id}/requirements", summary="Read which requirements an agreement answers")
async def read_agreement_requirements(
    work: AsReader,
    agreement_id: UUID,
    version: Annotated[int | None, Query(ge=1, description="In force, or else the newest, when absent.")] = None,
) -> RequirementCoverageView:
    """Of any version, so that what is left open is seen before it is signed."""
    return RequirementCoverageView.from_coverage(*await store.load_agreement_coverage(work, agreement_id, version))


@router.get("/requirements/{requirement_id}", summary="Read a service level requirement")
async def read_requirement(work: AsReader, requirement_id: UUID) -> RequirementView:
    return await _shown(work, await store.get_requirement(work, requirement_id))


@router.put("/requirements/{requirement_id}/wanted", summary="Change what a requirement asks for")
async def revise_requirement(
    work: AsCustomer, requirement_id: UUID, match: IfMatch, body: RequiredServiceLevel
) -> RequirementView:
    """What answers it may no longer meet it."""
    return await _shown(work, await actions.revise(work, requirement_id, match, body))


@router.post("/requirements/{requirement_id}/refusal", status_code=201, summary="Refuse a requirement")
async def refuse_requirement(work: AsManager, requirement_id: UUID, body: RequirementReason) -> RequirementView:
    """With the reason, which the requester is told."""
    return await _shown(work, await actions.refuse(work, requirement_id, body.reason))


@router.post("/requirements/{requirement_id}/withdrawal", status_code=201, summary="Withdraw a requirement")
async def withdraw_requirement(work: AsCustomer, requirement_id: UUID, body: RequirementReason) -> RequirementView:
    """It is no longer needed."""
    return await _shown(work, await actions.withdraw(work, requirement_id, body.reason))


async def _shown(work: UnitOfWork, found: ServiceRequirement) -> RequirementView:
    work.set_etag(found)
    commitments = await store.list_commitments(work, [found.customer_id])
    return RequirementView.from_entity(found, compute_coverage({found.id: found.service_level}, commitments))

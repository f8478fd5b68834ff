"""HTTP routes of service level requirements, and of what answers them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsCustomer, AsManager, AsReader, IfMatch, Router
from common.unit_of_work import UnitOfWork
from common.views import Reason
from sla.requirements import actions, store
from sla.requirements.model import RequirementState, ServiceRequirement
from sla.requirements.required_service_level import RequiredServiceLevel
from sla.requirements.views import NewRequirement, RequirementCoverageView, RequirementView

router = Router(tags=["requirements"])
RequirementPaging = Annotated[
    PageRequest,
    listing(
        ServiceRequirement.id,
        changed=ServiceRequirement.modified_at,
        sort=(ServiceRequirement.title, ServiceRequirement.submitted_at),
        search=(ServiceRequirement.title,),
    ),
]


@router.post("/requirements", status_code=201, summary="Submit a service level requirement")
async def submit_requirement(work: AsCustomer, body: NewRequirement) -> RequirementView:
    """Say which level is wanted, when, how much and why. Objectives that meet it name it in `answers`."""
    return await _view(work, await actions.submit(work, body))


@router.get("/requirements", summary="List service level requirements, oldest first")
async def list_requirements(
    work: AsReader,
    paging: RequirementPaging,
    customer_id: UUID | None = None,
    service_id: UUID | None = None,
    source_id: UUID | None = None,
    state: RequirementState | None = None,
) -> Page[RequirementView]:
    """A customer sees its own."""
    filters = {
        ServiceRequirement.customer_id: customer_id,
        ServiceRequirement.service_id: service_id,
        ServiceRequirement.source_id: source_id,
    }
    query = store.select_requirements(work, filters, state)
    page = await paginate(work.session, query, paging, key=ServiceRequirement.id)
    coverage = await store.load_coverage(work, page.items)
    return page.to_page(lambda requirement: RequirementView.from_requirement(requirement, coverage))


@router.get("/requirements/coverage", summary="Read which requirements of a customer are answered")
async def read_requirement_coverage(
    work: AsReader,
    customer_id: Annotated[UUID | None, Query(description="The customer; a customer's own when absent.")] = None,
) -> RequirementCoverageView:
    """Every objective in force with what it answers, objectives that answer nothing, and open requirements."""
    resolved_id = store.resolve_customer_id(work, customer_id)
    return RequirementCoverageView.from_coverage(resolved_id, *await store.load_customer_coverage(work, resolved_id))


@router.get("/agreements/{agreement_id}/requirements", summary="Read which requirements an agreement answers")
async def read_agreement_requirements(
    work: AsReader,
    agreement_id: UUID,
    version: Annotated[
        int | None, Query(ge=1, description="By default the version in force, or else the newest.")
    ] = None,
) -> RequirementCoverageView:
    """Ask for a draft version to see what it leaves open before it is signed."""
    return RequirementCoverageView.from_coverage(*await store.load_agreement_coverage(work, agreement_id, version))


@router.get("/requirements/{requirement_id}", summary="Read a service level requirement")
async def read_requirement(work: AsReader, requirement_id: UUID) -> RequirementView:
    return await _view(work, await work.get(ServiceRequirement, requirement_id))


@router.put("/requirements/{requirement_id}/service-level", summary="Change the service level of a requirement")
async def revise_requirement(
    work: AsCustomer, requirement_id: UUID, match: IfMatch, body: RequiredServiceLevel
) -> RequirementView:
    """An objective that answers it may no longer meet it."""
    return await _view(work, await actions.revise(work, requirement_id, match, body))


@router.post("/requirements/{requirement_id}/refusal", status_code=201, summary="Refuse a requirement")
async def refuse_requirement(work: AsManager, requirement_id: UUID, body: Reason) -> RequirementView:
    """The requester is notified of the reason."""
    return await _view(work, await actions.end(work, requirement_id, RequirementState.REFUSED, body.reason))


@router.post("/requirements/{requirement_id}/withdrawal", status_code=201, summary="Withdraw a requirement")
async def withdraw_requirement(work: AsCustomer, requirement_id: UUID, body: Reason) -> RequirementView:
    """Withdraw what is no longer needed."""
    return await _view(work, await actions.end(work, requirement_id, RequirementState.WITHDRAWN, body.reason))


async def _view(work: UnitOfWork, requirement: ServiceRequirement) -> RequirementView:
    work.set_etag(requirement)
    return RequirementView.from_requirement(requirement, await store.load_coverage(work, [requirement]))

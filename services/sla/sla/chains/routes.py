"""HTTP: what an agreement relies on, and whether that can hold its promise."""

from uuid import UUID

from common.http.request_scope import AsManager, AsStaff, IfMatch, Router
from sla.agreements import store as agreements
from sla.chains import actions, store
from sla.chains.views import Chain, FeasibilityRequest, FeasibilityView, ServicePartView

router = Router(tags=["chains"])


@router.get("/agreements/{agreement_id}/underpinnings", summary="List what an agreement relies on")
async def read_underpinnings(work: AsStaff, agreement_id: UUID) -> Chain:
    """The parts of the service, and the OLAs and underpinning contracts that carry each."""
    agreement = await agreements.get_agreement(work, agreement_id)
    work.set_etag(agreement)
    return Chain(parts=[ServicePartView.from_entity(part) for part in await store.list_parts(work, agreement.id)])


@router.put("/agreements/{agreement_id}/underpinnings", summary="Say what an agreement relies on")
async def put_underpinnings(work: AsManager, agreement_id: UUID, match: IfMatch, body: Chain) -> Chain:
    """All parts are needed; of a part so many agreements as it says."""
    work.set_etag(await actions.replace_underpinnings(work, agreement_id, match, body.parts))
    return body


@router.post("/agreements/{agreement_id}/feasibility", summary="Check whether an agreement can be held")
async def check_agreement(work: AsStaff, agreement_id: UUID) -> FeasibilityView:
    """By what its OLAs and underpinning contracts promise. What they cannot hold, the provider signs with a reason."""
    return FeasibilityView.from_result(await actions.check_agreement_feasibility(work, agreement_id))


@router.post("/feasibility", summary="Check whether terms could be held")
async def check_terms(work: AsStaff, body: FeasibilityRequest) -> FeasibilityView:
    """Of terms that are not saved yet."""
    return FeasibilityView.from_result(await actions.check_terms_feasibility(work, body.terms, body.parts))

"""HTTP: what an agreement relies on, and whether that can hold its promises."""

from uuid import UUID

from common.http.request_scope import AsManager, AsStaff, IfMatch, Router
from sla.agreements import store as agreements
from sla.chains import actions, store
from sla.chains.views import Chain, FeasibilityView

router = Router(tags=["chains"])


@router.get("/agreements/{agreement_id}/underpinnings", summary="List what an agreement relies on")
async def read_underpinnings(work: AsStaff, agreement_id: UUID) -> Chain:
    """The answer names the parts of the service, and the OLAs and underpinning contracts that support each."""
    agreement = await agreements.get_agreement(work, agreement_id)
    work.set_etag(agreement)
    return Chain.from_entity(parts=await store.list_parts(work, agreement.id))


@router.put("/agreements/{agreement_id}/underpinnings", summary="Set what an agreement relies on")
async def set_underpinnings(work: AsManager, agreement_id: UUID, match: IfMatch, body: Chain) -> Chain:
    """All parts are needed, and `needed` agreements of each part."""
    work.set_etag(await actions.replace_underpinnings(work, agreement_id, match, body.parts))
    return body


@router.post("/agreements/{agreement_id}/feasibility", summary="Check the feasibility of an agreement")
async def check_agreement_feasibility(work: AsStaff, agreement_id: UUID) -> FeasibilityView:
    """The check compares its terms with what its OLAs and underpinning contracts promise."""
    return FeasibilityView.from_entity(await actions.check_agreement_feasibility(work, agreement_id))

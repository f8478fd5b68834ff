"""HTTP: delete what was made by mistake."""

from uuid import UUID

from common.http.request_scope import AsManager, AsOwner, IfMatch, Router
from sla.deletions import actions

router = Router()

DELETED = 204


@router.delete(
    "/agreements/{agreement_id}", status_code=DELETED, tags=["agreements"], summary="Delete the draft of an agreement"
)
async def delete_agreement(work: AsManager, agreement_id: UUID, match: IfMatch) -> None:
    """Delete the draft with its back-tests. An agreement that was proposed is withdrawn instead."""
    await actions.delete_agreement_draft(work, agreement_id, match)


@router.delete(
    "/contracts/{contract_id}", status_code=DELETED, tags=["contracts"], summary="Delete the draft of a contract"
)
async def delete_contract(work: AsManager, contract_id: UUID, match: IfMatch) -> None:
    """A contract that the provider has signed is withdrawn instead."""
    await actions.delete_contract_draft(work, contract_id, match)


@router.delete(
    "/indicators/{indicator_id}",
    status_code=DELETED,
    tags=["indicators"],
    summary="Delete an indicator without samples",
)
async def delete_indicator(work: AsManager, indicator_id: UUID, match: IfMatch) -> None:
    """An indicator that has measured something, or that terms name, is retired instead."""
    await actions.delete_indicator(work, indicator_id, match)


@router.delete(
    "/closure-calendars/{calendar_id}",
    status_code=DELETED,
    tags=["closure calendars"],
    summary="Delete a closure calendar that closes nothing",
)
async def delete_closure_calendar(work: AsManager, calendar_id: UUID, match: IfMatch) -> None:
    """Imports that wait for approval, or were rejected, are deleted with it."""
    await actions.delete_closure_calendar(work, calendar_id, match)


@router.delete("/causes/{cause_id}", status_code=DELETED, tags=["causes"], summary="Delete a cause that no issue has")
async def delete_cause(work: AsOwner, cause_id: UUID, match: IfMatch) -> None:
    await actions.delete_cause(work, cause_id, match)

"""The HTTP interface of causes. Customers do not see them, because several customers may share one."""

from typing import Annotated
from uuid import UUID

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsOwner, AsStaff, IfMatch, Router
from sla.causes import actions, store
from sla.causes.model import Cause, CauseKind
from sla.causes.views import CauseChange, CauseView, NewCause

router = Router(prefix="/causes", tags=["causes"])
CausePaging = Annotated[
    PageRequest, listing(Cause.id, changed=Cause.modified_at, sort=(Cause.name,), search=(Cause.name,))
]


@router.post("", status_code=201, summary="Record a cause")
async def record_cause(work: AsOwner, body: NewCause) -> CauseView:
    """Then set it as the cause of issues: the issues of one customer with the same cause are merged."""
    return CauseView.model_validate(work.set_etag(await actions.record(work, body)))


@router.get("", summary="List causes, oldest first")
async def list_causes(
    work: AsStaff,
    paging: CausePaging,
    kind: CauseKind | None = None,
    known_error: bool | None = None,
    eliminated: bool | None = None,
) -> Page[CauseView]:
    """Use `GET /issues?cause_id=` for the issues of a cause."""
    query = store.select_causes(kind, known_error=known_error, eliminated=eliminated)
    return (await paginate(work.session, query, paging, key=Cause.id)).to_page(CauseView.model_validate)


@router.get("/{cause_id}", summary="Read a cause")
async def read_cause(work: AsStaff, cause_id: UUID) -> CauseView:
    return CauseView.model_validate(work.set_etag(await work.get(Cause, cause_id)))


@router.patch("/{cause_id}", summary="Change a cause")
async def change_cause(work: AsOwner, cause_id: UUID, match: IfMatch, body: CauseChange) -> CauseView:
    """Change the fields that are sent. A known error needs a description."""
    return CauseView.model_validate(work.set_etag(await actions.change(work, cause_id, match, body)))


@router.post("/{cause_id}/elimination", status_code=201, summary="Mark a cause as eliminated")
async def eliminate_cause(work: AsOwner, cause_id: UUID) -> CauseView:
    """Mark the cause as eliminated. It does not change afterwards, and no further issue can have it."""
    return CauseView.model_validate(work.set_etag(await actions.eliminate(work, cause_id)))

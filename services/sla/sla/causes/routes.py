"""HTTP: the causes of issues. Customers see their issues, not what they share with others."""

from uuid import UUID

from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsOwner, AsStaff, IfMatch, Router
from common.unit_of_work import UnitOfWork
from sla.causes import actions, store
from sla.causes.model import Cause, CauseKind
from sla.causes.views import CauseChange, CauseView, NewCause

router = Router(prefix="/causes", tags=["causes"])


@router.post("", status_code=201, summary="Record a cause")
async def record_cause(work: AsOwner, body: NewCause) -> CauseView:
    """Issues are then said to have it: those of one customer become one issue."""
    return _shown(work, await actions.record(work, body))


@router.get("", summary="List causes, oldest first")
async def list_causes(
    work: AsStaff,
    paging: Paging,
    kind: CauseKind | None = None,
    known_error: bool | None = None,
    eliminated: bool | None = None,
) -> Page[CauseView]:
    """`GET /issues?cause_id=` lists the issues of one."""
    query = store.select_causes(kind, known_error=known_error, eliminated=eliminated)
    return (await paginate(work.session, query, paging, key=Cause.id)).to_page(CauseView.model_validate)


@router.get("/{cause_id}", summary="Read a cause")
async def read_cause(work: AsStaff, cause_id: UUID) -> CauseView:
    return _shown(work, await work.get(Cause, cause_id))


@router.patch("/{cause_id}", summary="Write down what was learnt of a cause")
async def change_cause(work: AsOwner, cause_id: UUID, match: IfMatch, body: CauseChange) -> CauseView:
    """A known error is described; a workaround helps until the cause is eliminated."""
    return _shown(work, await actions.change(work, cause_id, match, body))


@router.post("/{cause_id}/elimination", status_code=201, summary="Say that a cause is eliminated")
async def eliminate_cause(work: AsOwner, cause_id: UUID) -> CauseView:
    """It does not change any more, and no further issue has it."""
    return _shown(work, await actions.eliminate(work, cause_id))


def _shown(work: UnitOfWork, cause: Cause) -> CauseView:
    work.set_etag(cause)
    return CauseView.model_validate(cause)

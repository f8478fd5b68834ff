"""HTTP: the queue of issues."""

from uuid import UUID

from common.door import AsOwner, AsReader, IfMatch, Router
from common.paging import Page, Paging, paginate
from common.views import Name
from common.work import Work
from sla.issues import actions, store
from sla.issues.model import Issue, IssueState
from sla.issues.views import IssueSummary, IssueView, Planning, Resolution

router = Router(prefix="/issues", tags=["issues"])


@router.get("", summary="List issues, the most pressing first")
async def list_issues(
    work: AsReader,
    paging: Paging,
    customer_id: UUID | None = None,
    agreement_id: UUID | None = None,
    state: IssueState | None = None,
    owner: Name | None = None,
    cause_key: Name | None = None,
) -> Page[IssueSummary]:
    """Among equals the oldest. A customer sees its own."""
    query = store.queue(
        work, customer_id=customer_id, agreement_id=agreement_id, state=state, owner=owner, cause=cause_key
    )
    page = await paginate(work.session, query, paging, key=Issue.queue_key)
    return page.map(IssueSummary.model_validate)


@router.get("/{issue_id}", summary="Read an issue with its breaches")
async def read_issue(work: AsReader, issue_id: UUID) -> IssueView:
    return _shown(work, await store.issue(work, issue_id))


@router.patch("/{issue_id}", summary="Assign and plan an issue")
async def plan_issue(work: AsOwner, issue_id: UUID, match: IfMatch, body: Planning) -> IssueView:
    """Give it an owner, a plan and the day by which it is to be resolved."""
    return _shown(work, await actions.plan(work, issue_id, match, body.owner, body.plan, body.due_on))


@router.post("/{issue_id}/resolution", status_code=201, summary="Resolve an issue")
async def resolve_issue(work: AsOwner, issue_id: UUID, body: Resolution) -> IssueView:
    """Say what was done about it."""
    return _shown(work, await actions.resolve(work, issue_id, body.resolution))


@router.post("/{issue_id}/closure", status_code=201, summary="Close a resolved issue")
async def close_issue(work: AsOwner, issue_id: UUID) -> IssueView:
    """It does not change any more."""
    return _shown(work, await actions.close(work, issue_id))


def _shown(work: Work, issue: Issue) -> IssueView:
    work.tag(issue)
    return IssueView.model_validate(issue)

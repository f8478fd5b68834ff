"""HTTP: the queue of issues, and what people do about them."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from common.auth import Role
from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsManager, AsOwner, AsReader, AsStaff, IfMatch, RequireRole, Router
from common.unit_of_work import UnitOfWork
from sla.issues import actions, grouping, store, task_actions, views
from sla.issues.children import CustomerImportance, IssueEntry
from sla.issues.model import Issue
from sla.issues.views import ImportanceView, IssueEntryView, IssueSummary, IssueView, PriorityView

router = Router(tags=["issues"])
AsParticipant = Annotated[UnitOfWork, Depends(RequireRole(Role.admin, Role.manager, Role.owner, Role.customer))]


@router.get("/issues", summary="List issues, the most pressing first")
async def list_issues(
    work: AsReader, paging: Paging, wanted: Annotated[store.IssueFilter, Depends()]
) -> Page[IssueSummary]:
    """In the order of their scores, each explained term by term; among equals the oldest. A customer sees its own."""
    page = await paginate(work.session, store.select_issues(work, wanted), paging, key=Issue.queue_key)
    return page.to_page(lambda issue: IssueSummary.from_entity(issue, work.principal))


@router.get("/issues/{issue_id}", summary="Read an issue with its breaches and tasks")
async def read_issue(work: AsReader, issue_id: UUID) -> IssueView:
    return _shown(work, await store.get_issue(work, issue_id))


@router.get("/issues/{issue_id}/priority", summary="Explain where an issue stands in the queue")
async def explain_issue_priority(work: AsStaff, issue_id: UUID) -> PriorityView:
    """Term by term, and against the issues right before and after it."""
    issue = await store.get_issue(work, issue_id)
    return PriorityView.from_entity(issue, await store.load_queue_position(work, issue))


@router.patch("/issues/{issue_id}", summary="Assign and plan an issue")
async def plan_issue(work: AsOwner, issue_id: UUID, match: IfMatch, body: views.IssuePlan) -> IssueView:
    """Give it an owner, a plan and the day by which it is to be resolved."""
    return _shown(work, await actions.plan(work, issue_id, match, body.owner, body.plan, body.due_on))


@router.put("/issues/{issue_id}/cause", summary="Say what caused an issue")
async def set_issue_cause(work: AsOwner, issue_id: UUID, match: IfMatch, body: views.CauseAssignment) -> IssueView:
    """If an older issue of the customer has the same cause, it takes this one up, and is the answer."""
    return _shown(work, await grouping.assign_cause(work, issue_id, match, body.cause_id))


@router.post("/issues/{issue_id}/merging", status_code=201, summary="Merge an issue into another one")
async def merge_issue(work: AsOwner, issue_id: UUID, body: views.IssueMerge) -> IssueView:
    """Answers the other one. This one stays as a pointer to it; merging it there again changes nothing."""
    return _shown(work, await grouping.merge(work, issue_id, body.into, body.reason))


@router.post("/issues/{issue_id}/splitting", status_code=201, summary="Split breaches off into an issue of their own")
async def split_issue(work: AsOwner, issue_id: UUID, body: views.IssueSplit) -> IssueView:
    """Answers the new issue."""
    return _shown(work, await grouping.split(work, issue_id, body.breaches, body.title, body.reason))


@router.post("/issues/{issue_id}/tasks", status_code=201, summary="Add a task to the remediation plan")
async def add_task(work: AsOwner, issue_id: UUID, body: views.NewTask) -> IssueView:
    """A task that is due and not done escalates the issue."""
    return _shown(work, await task_actions.add_task(work, issue_id, body.what, body.who, body.due_on))


@router.patch("/issues/{issue_id}/tasks/{task_id}", summary="Change a task")
async def change_task(
    work: AsOwner, issue_id: UUID, task_id: UUID, match: IfMatch, body: views.TaskChange
) -> IssueView:
    """`If-Match` names the version of the issue."""
    issue = await task_actions.change_task(work, issue_id, task_id, match, body.what, body.who, body.due_on)
    return _shown(work, issue)


@router.post("/issues/{issue_id}/tasks/{task_id}/completion", status_code=201, summary="Say that a task is done")
async def complete_task(work: AsOwner, issue_id: UUID, task_id: UUID, body: views.TaskOutcome) -> IssueView:
    """And what came of it."""
    return _shown(work, await task_actions.complete_task(work, issue_id, task_id, body.outcome))


@router.post("/issues/{issue_id}/tasks/{task_id}/withdrawal", status_code=201, summary="Drop a task")
async def drop_task(work: AsOwner, issue_id: UUID, task_id: UUID, body: views.TaskWithdrawal) -> IssueView:
    """For a reason."""
    return _shown(work, await task_actions.drop_task(work, issue_id, task_id, body.reason))


@router.post("/issues/{issue_id}/resolution", status_code=201, summary="Resolve an issue")
async def resolve_issue(work: AsOwner, issue_id: UUID, body: views.IssueResolution) -> IssueView:
    """Say what was done about it."""
    return _shown(work, await actions.resolve(work, issue_id, body.resolution))


@router.post("/issues/{issue_id}/closure", status_code=201, summary="Close a resolved issue")
async def close_issue(work: AsOwner, issue_id: UUID) -> IssueView:
    """It does not change any more."""
    return _shown(work, await actions.close(work, issue_id))


@router.post("/issues/{issue_id}/comments", status_code=201, summary="Comment on an issue")
async def add_comment(work: AsParticipant, issue_id: UUID, body: views.NewComment) -> IssueEntryView:
    """Whatever its state. A customer reads what it said itself, and what is meant for it."""
    return IssueEntryView.model_validate(
        await actions.add_comment(work, issue_id, body.text, for_customer=body.for_customer)
    )


@router.get("/issues/{issue_id}/record", summary="Read what happened to an issue, oldest first")
async def list_issue_activity(work: AsReader, issue_id: UUID, paging: Paging) -> Page[IssueEntryView]:
    """Breaches, comments, merges, escalations: a line each."""
    await store.get_issue(work, issue_id)
    page = await paginate(work.session, store.select_entries(work, issue_id), paging, key=IssueEntry.id)
    return page.to_page(IssueEntryView.model_validate)


@router.get("/customer-importances", summary="List customers that are not ordinary ones")
async def list_customer_importances(work: AsStaff, paging: Paging) -> Page[ImportanceView]:
    """Those of whom somebody said how much they weigh in the triage."""
    page = await paginate(work.session, store.select_importances(), paging, key=CustomerImportance.customer_id)
    return page.to_page(ImportanceView.model_validate)


@router.put("/customer-importances/{customer_id}", summary="Say how much a customer weighs in the triage")
async def set_customer_importance(work: AsManager, customer_id: UUID, body: views.NewImportance) -> ImportanceView:
    """Its unsolved issues take their new places in the queue at once."""
    return ImportanceView.model_validate(await actions.set_importance(work, customer_id, body.importance, body.reason))


def _shown(work: UnitOfWork, issue: Issue) -> IssueView:
    work.set_etag(issue)
    return IssueView.from_entity(issue, work.principal)

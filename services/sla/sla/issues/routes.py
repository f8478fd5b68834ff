"""The HTTP interface of issues: the queue, the steps people take, and the importance of customers."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import select

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsManager, AsOwner, AsParticipant, AsReader, AsStaff, IfMatch, Router
from common.unit_of_work import UnitOfWork
from common.views import Reason
from sla.issues import actions, grouping, store, views
from sla.issues.children import IssueEntry
from sla.issues.customer_importance import CustomerImportance
from sla.issues.model import Issue
from sla.issues.views import ImportanceView, IssueEntryView, IssueSummary, IssueView

router = Router(tags=["issues"])
IssuePaging = Annotated[
    PageRequest,
    listing(
        Issue.id, changed=Issue.modified_at, sort=(Issue.title, Issue.priority, Issue.opened_at), search=(Issue.title,)
    ),
]
IssueEntryPaging = Annotated[PageRequest, listing(IssueEntry.id, changed=IssueEntry.created_at, sort=(IssueEntry.at,))]
ImportancePaging = Annotated[
    PageRequest, listing(CustomerImportance.customer_id, changed=CustomerImportance.modified_at)
]


@router.get("/issues", summary="List issues, the most pressing first")
async def list_issues(
    work: AsReader, paging: IssuePaging, filters: Annotated[store.IssueFilter, Depends()]
) -> Page[IssueSummary]:
    """Sort issues by score, the oldest first among equals, with the terms of each score. A customer sees its own."""
    page = await paginate(work.session, store.select_issues(work, filters), paging, key=Issue.queue_key)
    return page.to_page(lambda issue: IssueSummary.for_reader(issue, work))


@router.get("/issues/{issue_id}", summary="Read an issue with its breaches and tasks")
async def read_issue(work: AsReader, issue_id: UUID) -> IssueView:
    return _to_view(work, await store.get_issue(work, issue_id))


@router.patch("/issues/{issue_id}", summary="Assign and plan an issue")
async def plan_issue(work: AsOwner, issue_id: UUID, match: IfMatch, body: views.IssueChange) -> IssueView:
    """Change the fields that are sent: the owner, the plan and the day by which the issue is to be resolved."""
    return _to_view(work, await actions.change_issue(work, issue_id, match, body))


@router.put("/issues/{issue_id}/cause", summary="Set the cause of an issue")
async def set_issue_cause(work: AsOwner, issue_id: UUID, match: IfMatch, body: views.CauseAssignment) -> IssueView:
    """Merge it into an older issue of the customer with the same cause, if there is one, and return that."""
    return _to_view(work, await grouping.assign_cause(work, issue_id, match, body.cause_id))


@router.post("/issues/{issue_id}/merge", status_code=201, summary="Merge an issue into another one")
async def merge_issue(work: AsOwner, issue_id: UUID, body: views.IssueMerge) -> IssueView:
    """Return the other issue. This one stays as a pointer to it; merging it there again changes nothing."""
    return _to_view(work, await grouping.merge(work, issue_id, body.into, body.reason))


@router.post("/issues/{issue_id}/split", status_code=201, summary="Split breaches off into a new issue")
async def split_issue(work: AsOwner, issue_id: UUID, body: views.IssueSplit) -> IssueView:
    """Return the new issue."""
    return _to_view(work, await grouping.split(work, issue_id, body))


@router.post("/issues/{issue_id}/tasks", status_code=201, summary="Add a task to the remediation plan")
async def add_task(work: AsOwner, issue_id: UUID, body: views.NewTask) -> IssueView:
    """An overdue task escalates the issue."""
    return _to_view(work, await actions.add_task(work, issue_id, body))


@router.patch("/issues/{issue_id}/tasks/{task_id}", summary="Change a task")
async def change_task(
    work: AsOwner, issue_id: UUID, task_id: UUID, match: IfMatch, body: views.TaskChange
) -> IssueView:
    """Change the fields that are sent. `If-Match` is the version of the issue."""
    return _to_view(work, await actions.change_task(work, issue_id, task_id, match, body))


@router.post("/issues/{issue_id}/tasks/{task_id}/completion", status_code=201, summary="Complete a task")
async def complete_task(work: AsOwner, issue_id: UUID, task_id: UUID, body: views.TaskOutcome) -> IssueView:
    return _to_view(work, await actions.complete_task(work, issue_id, task_id, body.outcome))


@router.post("/issues/{issue_id}/tasks/{task_id}/withdrawal", status_code=201, summary="Drop a task")
async def drop_task(work: AsOwner, issue_id: UUID, task_id: UUID, body: Reason) -> IssueView:
    return _to_view(work, await actions.drop_task(work, issue_id, task_id, body.reason))


@router.post("/issues/{issue_id}/resolution", status_code=201, summary="Resolve an issue")
async def resolve_issue(work: AsOwner, issue_id: UUID, body: views.IssueResolution) -> IssueView:
    """The resolution says what was done, and why it will not happen again."""
    return _to_view(work, await actions.resolve(work, issue_id, body.resolution))


@router.post("/issues/{issue_id}/closure", status_code=201, summary="Close a resolved issue")
async def close_issue(work: AsOwner, issue_id: UUID) -> IssueView:
    """A closed issue does not change."""
    return _to_view(work, await actions.close(work, issue_id))


@router.post("/issues/{issue_id}/comments", status_code=201, summary="Comment on an issue")
async def add_comment(work: AsParticipant, issue_id: UUID, body: views.NewComment) -> IssueEntryView:
    """Comments are possible in every state. A customer reads its own comments and those meant for it."""
    return IssueEntryView.model_validate(await actions.add_comment(work, issue_id, body))


@router.get("/issues/{issue_id}/activity", summary="List the activity of an issue, oldest first")
async def list_issue_activity(work: AsReader, issue_id: UUID, paging: IssueEntryPaging) -> Page[IssueEntryView]:
    """Return an entry for every breach, comment, merge, escalation and step."""
    await store.get_issue(work, issue_id)
    page = await paginate(work.session, store.select_entries(work, issue_id), paging, key=IssueEntry.id)
    return page.to_page(IssueEntryView.model_validate)


@router.get("/customer-importances", summary="List the importance of customers")
async def list_customer_importances(work: AsStaff, paging: ImportancePaging) -> Page[ImportanceView]:
    """Return the customers whose importance was set; all others are ordinary ones."""
    page = await paginate(work.session, select(CustomerImportance), paging, key=CustomerImportance.customer_id)
    return page.to_page(ImportanceView.model_validate)


@router.put("/customer-importances/{customer_id}", summary="Set the importance of a customer")
async def set_customer_importance(work: AsManager, customer_id: UUID, body: views.NewImportance) -> ImportanceView:
    """The unsolved issues of the customer move to their new places in the queue at once."""
    return ImportanceView.model_validate(await actions.set_customer_importance(work, customer_id, body))


def _to_view(work: UnitOfWork, issue: Issue) -> IssueView:
    return IssueView.for_reader(work.set_etag(issue), work)

"""Queries on issues, their breaches, concerns and activity, and on the importance of customers."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import selectinload

from common.unit_of_work import UnitOfWork
from common.views import MachineName, View
from sla.issues.children import IssueBreach, IssueConcern, IssueEntry, IssueEntryKind
from sla.issues.model import Issue
from sla.issues.origins import BreachKey, ConcernKind
from sla.issues.states import UNSOLVED_STATES, IssueState

WITH_CHILDREN = (selectinload(Issue.breaches), selectinload(Issue.concerns), selectinload(Issue.tasks))


class IssueFilter(View):
    """A filter of the list of issues; absent fields do not filter."""

    customer_id: UUID | None = None
    agreement_id: UUID | None = None
    state: IssueState | None = None
    unsolved: bool | None = None
    owner: MachineName | None = None
    cause_key: MachineName | None = None
    cause_id: UUID | None = None


def select_issues(work: UnitOfWork, filters: IssueFilter) -> Select[Issue]:
    """Select issues with their tasks, which decide whether they can be resolved."""
    query = work.select_visible(select(Issue).options(selectinload(Issue.tasks)), Issue.customer_id)
    if filters.unsolved is not None:
        query = query.where(Issue.state.in_(UNSOLVED_STATES) == filters.unsolved)
    return query.filter_by(**filters.model_dump(exclude_none=True, exclude={"unsolved"}))


async def count_open_issues(work: UnitOfWork, agreement_ids: Collection[UUID]) -> dict[UUID, dict[int, int]]:
    """Count the unsolved issues of the agreements that the principal may see, by priority."""
    columns: tuple[Any, ...] = (Issue.agreement_id, Issue.priority, func.count())
    query = work.select_visible(select(*columns), Issue.customer_id)
    query = query.where(Issue.agreement_id.in_(agreement_ids), Issue.state.in_(UNSOLVED_STATES))
    counts: dict[UUID, dict[int, int]] = {agreement_id: {} for agreement_id in agreement_ids}
    grouped = query.group_by(Issue.agreement_id, Issue.priority).order_by(Issue.priority)
    for agreement_id, priority, count in await work.session.execute(grouped):
        counts[agreement_id][priority] = count
    return counts


async def get_issue(work: UnitOfWork, issue_id: UUID, *, lock: bool = False, match: int | None = None) -> Issue:
    """Return the issue with its breaches, concerns and tasks."""
    issue = await work.get(Issue, issue_id, lock=lock, match=match)
    await work.session.refresh(issue, ["breaches", "concerns", "tasks"])
    return issue


async def lock_unsolved_issue(work: UnitOfWork, issue_id: UUID, *, match: int | None = None) -> Issue:
    issue = await get_issue(work, issue_id, lock=True, match=match)
    issue.check_unsolved()
    return issue


async def lock_customer_issues(work: UnitOfWork, customer_id: UUID) -> None:
    """Let no other transaction add breaches to this customer's issues, or merge them, until this one ends."""
    await work.lock_name(f"issues:{customer_id}")


async def lock_issues_beside(work: UnitOfWork, issue_id: UUID) -> None:
    """Lock the issues of the customer of this one. Whoever locks several issues does so before it locks the first."""
    await lock_customer_issues(work, (await get_issue(work, issue_id)).customer_id)


async def lock_issue_of_breach(work: UnitOfWork, key: BreachKey) -> Issue | None:
    columns = tuple_(IssueBreach.agreement_id, IssueBreach.objective_id, IssueBreach.period_from)
    return await _lock_first(work, select(Issue).join(Issue.breaches).where(columns == tuple_(*key)))


async def lock_oldest_unsolved_issue(work: UnitOfWork, **column_values: UUID | str) -> Issue | None:
    """Lock the oldest unsolved issue with these values, such as the customer and the cause."""
    return await _lock_first(work, _select_unsolved(**column_values))


async def lock_unsolved_issues(work: UnitOfWork, customer_id: UUID) -> Sequence[Issue]:
    query = _select_unsolved(customer_id=customer_id).options(*WITH_CHILDREN).with_for_update(of=Issue)
    return (await work.session.scalars(query)).all()


async def list_open_concerns(work: UnitOfWork, kind: ConcernKind, **column_values: UUID) -> Sequence[IssueConcern]:
    """List the concerns of a kind that have not ended, all or those with these values, such as the agreement."""
    query = select(IssueConcern).filter_by(kind=kind, ended_at=None, **column_values)
    return (await work.session.scalars(query.order_by(IssueConcern.id))).all()


async def list_open_concerns_about(
    work: UnitOfWork, agreement_ids: Collection[UUID], about_ids: Collection[UUID]
) -> Sequence[IssueConcern]:
    """List the concerns of these agreements about these things, such as incidents, that have not ended."""
    query = select(IssueConcern).filter_by(ended_at=None)
    query = query.where(IssueConcern.agreement_id.in_(agreement_ids), IssueConcern.about.in_(about_ids))
    return (await work.session.scalars(query.order_by(IssueConcern.id))).all()


def add_entry(
    work: UnitOfWork, issue: Issue, kind: IssueEntryKind, text: str, *, for_customer: bool = True
) -> IssueEntry:
    entry = IssueEntry(
        issue_id=issue.id,
        kind=kind,
        at=work.now,
        by=work.principal.subject,
        text=text,
        for_customer=for_customer,
    )
    work.add(entry)
    return entry


def select_entries(work: UnitOfWork, issue_id: UUID) -> Select[IssueEntry]:
    """Select the activity log of an issue; for a customer, the entries meant for it."""
    query = select(IssueEntry).where(IssueEntry.issue_id == issue_id)
    return query if work.principal.customer_id is None else query.where(IssueEntry.for_customer)


def _select_unsolved(**column_values: UUID | str) -> Select[Issue]:
    return select(Issue).filter_by(**column_values).where(Issue.state.in_(UNSOLVED_STATES)).order_by(Issue.id)


async def _lock_first(work: UnitOfWork, query: Select[Issue]) -> Issue | None:
    """Lock the first issue of the query, read anew with its children."""
    first = query.options(*WITH_CHILDREN).limit(1).with_for_update(of=Issue).execution_options(populate_existing=True)
    return (await work.session.scalars(first)).first()

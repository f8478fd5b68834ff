"""Events of issues."""

from datetime import datetime
from uuid import UUID

from published.event import Event


class IssueOpened(Event, service="sla", aggregate="issue_id", name="IssueOpened", for_customer=True):
    issue_id: UUID
    agreement_id: UUID
    customer_id: UUID
    title: str
    priority: int
    """1 is the most pressing."""
    opened_at: datetime
    period_from: datetime | None = None
    """Of the review period whose statement showed the breach; null when the issue has another origin."""
    period_to: datetime | None = None
    recurrence_of: UUID | None = None
    """The issue, closed not long ago, whose cause is back."""
    recurrences: int = 0


class IssuePrioritized(Event, service="sla", aggregate="issue_id", name="IssuePrioritized", for_customer=True):
    """The issue has another priority: more or less of it stands, or its customer is of another importance."""

    issue_id: UUID
    customer_id: UUID
    priority: int
    """1 is the most pressing."""
    prioritized_at: datetime


class IssueReopened(Event, service="sla", aggregate="issue_id", name="IssueReopened", for_customer=True):
    """The issue is open again: its cause is back, or it was not unfounded after all."""

    issue_id: UUID
    customer_id: UUID
    priority: int
    recurrences: int
    """How often its cause has come back."""
    reason: str
    reopened_at: datetime


class IssueCommented(Event, service="sla", aggregate="issue_id", name="IssueCommented", for_customer=True):
    """Somebody commented on the issue, for the customer and the staff to read."""

    issue_id: UUID
    customer_id: UUID
    entry_id: UUID
    """Of the activity log, where the comment stands."""
    commented_at: datetime


class IssueAnnotated(Event, service="sla", aggregate="issue_id", name="IssueAnnotated"):
    """Somebody commented on the issue, for the staff alone to read."""

    issue_id: UUID
    customer_id: UUID
    entry_id: UUID
    """Of the activity log, where the comment stands."""
    commented_at: datetime


class IssueEscalated(Event, service="sla", aggregate="issue_id", name="IssueEscalated"):
    """The issue was ignored; each level is emitted once until the issue is reopened."""

    issue_id: UUID
    customer_id: UUID
    title: str
    priority: int
    owner: str | None
    level: int
    """1: nobody took it up in time. 2: its plan, or a task of it, is overdue."""
    reason: str
    escalated_at: datetime


class IssueMerged(Event, service="sla", aggregate="issue_id", name="IssueMerged"):
    """The issue was merged into another one, which contains all of it."""

    issue_id: UUID
    into_issue_id: UUID
    customer_id: UUID
    reason: str
    merged_at: datetime


class IssueCleared(Event, service="sla", aggregate="issue_id", name="IssueCleared", for_customer=True):
    """The issue was unfounded, as restatements showed, and is closed."""

    issue_id: UUID
    customer_id: UUID
    cleared_at: datetime


class IssueResolved(Event, service="sla", aggregate="issue_id", name="IssueResolved", for_customer=True):
    issue_id: UUID
    customer_id: UUID
    resolved_at: datetime

"""The states of an issue, and the rules it is seen through by."""

from enum import IntEnum, StrEnum
from http import HTTPStatus
from typing import ClassVar

from common.errors import DomainError


class IssueState(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    """It has an owner."""
    RESOLVED = "resolved"
    CLOSED = "closed"
    MERGED = "merged"
    """Its breaches are in the issue it points to."""
    UNFOUNDED = "unfounded"
    """A restatement says that nothing was missed after all."""


UNSOLVED_STATES = frozenset({IssueState.OPEN, IssueState.IN_PROGRESS})


class EscalationLevel(IntEnum):
    """The levels; each is reached once, until the issue recurs."""

    NOT_TAKEN_UP = 1
    OVERDUE = 2
    """Its plan, or a task of it."""


class IssueWithoutOwner(DomainError, slug="issue-without-owner"):
    """An issue is resolved by somebody who owns it."""


class IssueAlreadyResolved(DomainError, slug="issue-already-resolved"):
    """What is resolved is no longer assigned, planned or resolved."""


class IssueNotResolved(DomainError, slug="issue-not-resolved"):
    """An issue is closed after it was resolved."""


class IssueClosed(DomainError, slug="issue-closed"):
    """A closed issue does not change."""


class IssueAlreadyMerged(DomainError, slug="issue-merged-already"):
    """A merged issue does not change: what is to be said belongs to the issue it was merged into."""


class IssueUnfounded(DomainError, slug="issue-unfounded"):
    """An issue of which nothing is left does not change."""


class IssueOfAnotherCustomer(DomainError, slug="issue-of-another-customer"):
    """Issues of one customer are merged; those of several share a cause."""


class MergeIntoSameIssue(DomainError, slug="issue-is-the-same"):
    """An issue is merged into another one."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class BreachNotInIssue(DomainError, slug="breach-not-of-issue"):
    """What is split off is in the issue."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class SplitLeavesIssueEmpty(DomainError, slug="nothing-left-behind"):
    """A split leaves something in both issues."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class DueDateInPast(DomainError, slug="due-in-the-past"):
    """Remediation is due today or later."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class TasksOpen(DomainError, slug="tasks-open"):
    """An issue is resolved when every task of its plan is done or dropped."""


class TaskAlreadyFinished(DomainError, slug="task-settled"):
    """A task that is done or dropped does not change."""


class TaskNotFound(DomainError, slug="no-such-task"):
    """There is no such task in this issue."""

    status: ClassVar[int] = HTTPStatus.NOT_FOUND

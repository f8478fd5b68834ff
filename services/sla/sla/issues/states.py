"""The states of an issue, and the rules it is seen through by."""

from enum import IntEnum, StrEnum
from http import HTTPStatus
from typing import ClassVar

from common.errors import RuleBroken


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


UNSOLVED = frozenset({IssueState.OPEN, IssueState.IN_PROGRESS})


class Escalation(IntEnum):
    """The levels; each is reached once, until the issue recurs."""

    NOT_TAKEN_UP = 1
    OVERDUE = 2
    """Its plan, or a task of it."""


class IssueWithoutOwner(RuleBroken):
    """An issue is resolved by somebody who owns it."""


class IssueAlreadyResolved(RuleBroken):
    """What is resolved is no longer assigned, planned or resolved."""


class IssueNotResolved(RuleBroken):
    """An issue is closed after it was resolved."""


class IssueClosed(RuleBroken):
    """A closed issue does not change."""


class IssueMergedAlready(RuleBroken):
    """A merged issue does not change: what is to be said belongs to the issue it was merged into."""


class IssueUnfounded(RuleBroken):
    """An issue of which nothing is left does not change."""


class IssueOfAnotherCustomer(RuleBroken):
    """Issues of one customer are merged; those of several share a cause."""


class IssueIsTheSame(RuleBroken):
    """An issue is merged into another one."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class BreachNotOfIssue(RuleBroken):
    """What is split off is in the issue."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class NothingLeftBehind(RuleBroken):
    """A split leaves something in both issues."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class DueInThePast(RuleBroken):
    """Remediation is due today or later."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class TasksOpen(RuleBroken):
    """An issue is resolved when every task of its plan is done or dropped."""


class TaskSettled(RuleBroken):
    """A task that is done or dropped does not change."""


class NoSuchTask(RuleBroken):
    """There is no such task in this issue."""

    status: ClassVar[int] = HTTPStatus.NOT_FOUND

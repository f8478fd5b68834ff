"""The rules of an issue that a request can break."""

from common.errors import Conflict, Invalid, NotFound


class IssueWithoutOwner(Conflict, slug="issue-without-owner"):
    """An issue needs an owner before it can be resolved."""


class IssueAlreadyResolved(Conflict, slug="issue-already-resolved"):
    """A resolved issue cannot be assigned, planned or resolved again."""


class IssueNotResolved(Conflict, slug="issue-not-resolved"):
    """An issue must be resolved before it is closed."""


class IssueClosed(Conflict, slug="issue-closed"):
    """A closed issue does not change."""


class IssueAlreadyMerged(Conflict, slug="issue-already-merged"):
    """A merged issue does not change: use the issue it was merged into."""


class IssueUnfounded(Conflict, slug="issue-unfounded"):
    """An issue of which nothing is left does not change."""


class IssueOfAnotherCustomer(Conflict, slug="issue-of-another-customer"):
    """Issues of different customers cannot be merged; they share a cause instead."""


class MergeIntoSameIssue(Invalid, slug="merge-into-same-issue"):
    """An issue cannot be merged into itself."""


class BreachNotInIssue(Invalid, slug="breach-not-in-issue"):
    """A breach that is split off must be in the issue."""


class SplitLeavesIssueEmpty(Invalid, slug="split-leaves-issue-empty"):
    """A split leaves a breach or concern in both issues."""


class DueDateInPast(Invalid, slug="due-date-in-past"):
    """A due date is today or later."""


class TasksOpen(Conflict, slug="tasks-open"):
    """Every task of an issue must be done or dropped before it is resolved."""


class TaskAlreadyFinished(Conflict, slug="task-already-finished"):
    """A task that is done or dropped does not change."""


class TaskNotFound(NotFound, slug="task-not-found"):
    """The issue has no such task."""

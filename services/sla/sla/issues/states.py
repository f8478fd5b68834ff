"""The states of an issue, and the levels of its escalation."""

from enum import IntEnum, StrEnum


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
    """A level of escalation; each is reached once, until the issue recurs."""

    NOT_TAKEN_UP = 1
    OVERDUE = 2
    """The plan or a task is overdue."""

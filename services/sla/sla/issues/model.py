"""The issue: breaches and concerns of one cause, from being opened to being closed."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified, Touched, Versioned, text_enum
from common.ids import new_id
from common.names import in_words
from sla.agreements.model import Agreement
from sla.causes.model import Cause
from sla.hours.time_zones import load_zone, start_of_day, to_local_date
from sla.issues import errors
from sla.issues.children import IssueBreach, IssueConcern, IssueTask
from sla.issues.origins import Breach, BreachKey, BreachSeverity, Concern, ConcernSeverity
from sla.issues.settings import IssueSettings
from sla.issues.states import UNSOLVED_STATES, EscalationLevel, IssueState
from sla.issues.triage import ORDINARY_IMPORTANCE, compute_score
from sla.schema import Base


class Issue(Identified, Versioned, Touched, Base):
    __tablename__ = "issues"
    __table_args__ = (
        CheckConstraint("priority BETWEEN 1 AND 5", name="priority_range"),
        CheckConstraint("score BETWEEN 1 AND 65535", name="score_range"),
        CheckConstraint("state NOT IN ('in_progress', 'resolved', 'closed') OR owner IS NOT NULL", name="owned"),
        CheckConstraint("(state IN ('resolved', 'closed')) = (resolved_at IS NOT NULL)", name="resolved_at"),
        CheckConstraint("(state IN ('closed', 'merged', 'unfounded')) = (closed_at IS NOT NULL)", name="closed_at"),
        CheckConstraint("(state = 'merged') = (merged_into IS NOT NULL)", name="merged_into"),
        CheckConstraint("escalate_at IS NULL OR state IN ('open', 'in_progress')", name="escalates_while_unsolved"),
        Index("ix_issues_cause", "customer_id", "cause_key"),
        Index("ix_issues_escalate_at", "escalate_at", postgresql_where=text("escalate_at IS NOT NULL")),
    )

    customer_id: Mapped[UUID]
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id), index=True)
    """Of the breach that opened it, like the statement."""
    statement_id: Mapped[UUID | None]
    """Null for an issue that began with a concern."""
    cause_key: Mapped[str]
    """The service whose promise was broken; issues of other customers with the same key may have the same cause."""
    cause_id: Mapped[UUID | None] = mapped_column(ForeignKey(Cause.id), index=True)
    """Set by people, or suspected because an issue of another customer has it."""
    timezone: Mapped[str]
    """Of the agreement's service hours: due days of the plan end when they end there."""
    title: Mapped[str]
    state: Mapped[IssueState] = mapped_column(text_enum(IssueState, "issuestate"))
    priority: Mapped[int]
    score: Mapped[int]
    explanation: Mapped[list[dict[str, Any]]]
    """The terms of the score, each with its value, weight and reason."""
    queue_key: Mapped[UUID] = mapped_column(unique=True)
    """The place in the queue as one sortable key: the score, then the age."""
    owner: Mapped[str | None]
    plan: Mapped[str]
    due_on: Mapped[date | None]
    resolution: Mapped[str | None]
    opened_at: Mapped[datetime]
    waiting_since: Mapped[datetime]
    """When it was opened or reopened: the time to take it up starts here."""
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    ignored_at: Mapped[datetime | None]
    """When it was escalated because nobody took it up."""
    overdue_at: Mapped[datetime | None]
    """When it was escalated because its plan was overdue."""
    escalate_at: Mapped[datetime | None]
    """When it will be escalated next, if nothing happens."""
    recurrences: Mapped[int]
    """How often its cause has come back."""
    recurrence_of: Mapped[UUID | None] = mapped_column(ForeignKey("sla.issues.id"), index=True)
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("sla.issues.id"), index=True)

    breaches: Mapped[list[IssueBreach]] = relationship(lazy="raise", order_by=IssueBreach.id)
    concerns: Mapped[list[IssueConcern]] = relationship(lazy="raise", order_by=IssueConcern.id)
    tasks: Mapped[list[IssueTask]] = relationship(lazy="raise", order_by=IssueTask.id)

    @classmethod
    def from_origin(cls, origin: Breach | Concern, timezone: str, at: datetime) -> Self:
        issue = cls._empty(origin, origin.customer_id, timezone, at)
        issue.title = origin.title
        issue.add_origin(origin, at)
        return issue

    @classmethod
    def from_split(cls, source: "Issue", moved: Sequence[IssueBreach], title: str, timezone: str, at: datetime) -> Self:
        """Move breaches of another issue into a new one, for the service and agreement of the first breach."""
        issue = cls._empty(moved[0], source.customer_id, timezone, at)
        issue.title, issue.breaches = title, list(moved)
        source.breaches = [breach for breach in source.breaches if breach not in moved]
        return issue

    @classmethod
    def _empty(cls, first: Breach | Concern | IssueBreach, customer_id: UUID, timezone: str, at: datetime) -> Self:
        return cls(
            id=new_id(),
            customer_id=customer_id,
            agreement_id=first.agreement_id,
            statement_id=getattr(first, "statement_id", None),
            cause_key=build_cause_key(first.service_id),
            timezone=timezone,
            state=IssueState.OPEN,
            plan="",
            opened_at=at,
            waiting_since=at,
            changed_at=at,
            recurrences=0,
            breaches=[],
            concerns=[],
            tasks=[],
        )

    @property
    def is_unsolved(self) -> bool:
        return self.state in UNSOLVED_STATES

    @property
    def is_founded(self) -> bool:
        """Return whether a breach that is not cleared or a concern that has not ended is left."""
        breaches = any(breach.cleared_at is None for breach in self.breaches)
        return breaches or any(concern.ended_at is None for concern in self.concerns)

    @property
    def period_from(self) -> datetime | None:
        """The start of the first breach's review period; None while there are concerns only."""
        return self.breaches[0].period_from if self.breaches else None

    @property
    def period_to(self) -> datetime | None:
        return self.breaches[0].period_to if self.breaches else None

    def find_breach(self, key: BreachKey) -> IssueBreach | None:
        return next((breach for breach in self.breaches if breach.key == key), None)

    def add_origin(self, origin: Breach | Concern, at: datetime) -> None:
        """Add a concern, or a breach; a later revision of its statement updates the breach."""
        if isinstance(origin, Concern):
            self.concerns.append(IssueConcern.from_concern(origin, at))
            return
        breach = self.find_breach(origin.key)
        if breach is None:
            breach = IssueBreach()
            self.breaches.append(breach)
        breach.restate(origin)

    def triage(self, importance: int = ORDINARY_IMPORTANCE) -> None:
        """Compute the score of what is left; if nothing is left, the last score stays."""
        breaches = [BreachSeverity.from_entity(breach) for breach in self.breaches if breach.cleared_at is None]
        concerns = [ConcernSeverity.from_entity(concern) for concern in self.concerns if concern.ended_at is None]
        if not breaches and not concerns:
            return
        triage = compute_score(breaches, concerns, importance)
        self.priority, self.score = triage.priority, triage.score
        self.explanation = [term.to_json() for term in triage.terms]
        # A UUIDv7 starts with its time, and loses nothing but random bits at its end.
        self.queue_key = UUID(bytes=(0xFFFF - triage.score).to_bytes(2, "big") + self.id.bytes[:-2])

    def assign(self, owner: str) -> None:
        self.check_unsolved()
        self.owner = owner
        self.state = IssueState.IN_PROGRESS

    def get_task(self, task_id: UUID) -> IssueTask:
        for task in self.tasks:
            if task.id == task_id:
                return task
        raise errors.TaskNotFound("task", task_id)

    def resolve(self, resolution: str, at: datetime) -> None:
        self.check_resolvable()
        self.state, self.resolution, self.resolved_at = IssueState.RESOLVED, resolution, at

    def check_resolvable(self) -> None:
        self.check_unsolved()
        if self.owner is None:
            raise errors.IssueWithoutOwner("This issue has no owner; assign one first.")
        open_tasks = sum(not task.is_finished for task in self.tasks)
        if open_tasks:
            raise errors.TasksOpen(f"{open_tasks} of its tasks are neither done nor dropped.")

    def close(self, at: datetime) -> None:
        self.check_closable()
        self.state, self.closed_at = IssueState.CLOSED, at

    def check_closable(self) -> None:
        self._check_changeable()
        if self.state is not IssueState.RESOLVED:
            raise errors.IssueNotResolved(f"This issue is {in_words(self.state)}: resolve it first.")

    def reopen(self, at: datetime) -> None:
        """Reopen the issue because its cause is back, or was there after all; somebody has to take it up again."""
        self.state, self.waiting_since = IssueState.OPEN, at
        self.owner = self.due_on = self.resolution = self.resolved_at = self.closed_at = None
        self.ignored_at = self.overdue_at = None

    def dismiss(self, at: datetime) -> None:
        """Close the issue as unfounded, because nothing of it is left."""
        self.state, self.closed_at = IssueState.UNFOUNDED, at

    def merge_into(self, other: "Issue", at: datetime) -> None:
        """Move all children to the other issue, and stay as a pointer to it."""
        other.breaches.extend(self.breaches)
        other.concerns.extend(self.concerns)
        other.tasks.extend(self.tasks)
        self.breaches, self.concerns, self.tasks = [], [], []
        other.recurrences = max(self.recurrences, other.recurrences)
        self.state, self.closed_at, self.merged_into = IssueState.MERGED, at, other.id

    def mark_changed(self, settings: IssueSettings, at: datetime) -> None:
        """Record a change, and compute when the issue is escalated if nothing more happens."""
        self.touch(at)
        self.escalate_at = min((due for due, _ in self._escalations(settings)), default=None)

    def escalate(self, settings: IssueSettings, at: datetime) -> list[EscalationLevel]:
        """Mark the levels that are reached by now, and return those that are new."""
        levels = [level for due, level in self._escalations(settings) if due <= at]
        for level in levels:
            setattr(self, "ignored_at" if level is EscalationLevel.NOT_TAKEN_UP else "overdue_at", at)
        return levels

    def _escalations(self, settings: IssueSettings) -> Iterator[tuple[datetime, EscalationLevel]]:
        if not self.is_unsolved:
            return
        if self.state is IssueState.OPEN and self.ignored_at is None:
            yield self.waiting_since + settings.time_to_take_up(self.priority), EscalationLevel.NOT_TAKEN_UP
        days = [task.due_on for task in self.tasks if not task.is_finished] + ([self.due_on] if self.due_on else [])
        if days and self.overdue_at is None:
            after = min(days) + timedelta(days=1)
            yield start_of_day(after, load_zone(self.timezone)), EscalationLevel.OVERDUE

    def check_due_on(self, day: date, at: datetime) -> None:
        today = to_local_date(at, load_zone(self.timezone))
        if day < today:
            raise errors.DueDateInPast(f"{day} is before today, {today}.", field="due_on")

    def check_unsolved(self) -> None:
        self._check_changeable()
        if self.state is IssueState.RESOLVED:
            raise errors.IssueAlreadyResolved("This issue is resolved.")

    def _check_changeable(self) -> None:
        if self.state is IssueState.MERGED:
            raise errors.IssueAlreadyMerged(f"This issue was merged into {self.merged_into}.")
        if self.state is IssueState.UNFOUNDED:
            raise errors.IssueUnfounded("Nothing is left of what this issue was about.")
        if self.state is IssueState.CLOSED:
            raise errors.IssueClosed("This issue is closed.")


def build_cause_key(service_id: UUID) -> str:
    return f"service:{service_id}"

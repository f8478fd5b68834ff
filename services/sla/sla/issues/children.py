"""The children of an issue: breaches, concerns, tasks and activity entries."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, text_enum
from sla.agreements.model import Agreement
from sla.issues.errors import TaskAlreadyFinished
from sla.issues.origins import Breach, BreachKey, Concern, ConcernKind
from sla.schema import Base

ISSUE_ID_COLUMN = "sla.issues.id"


class IssueBreach(Identified, Base):
    """One objective missed in one review period; it belongs to one issue."""

    __tablename__ = "issue_breaches"
    __table_args__ = (
        UniqueConstraint("agreement_id", "objective_id", "period_from"),
        Index("ix_issue_breaches_issue_id", "issue_id"),
        CheckConstraint("period_from < period_to", name="period_forwards"),
        CheckConstraint("credit_percent BETWEEN 0 AND 100 AND credit_amount >= 0", name="credit_sensible"),
    )

    issue_id: Mapped[UUID] = mapped_column(ForeignKey(ISSUE_ID_COLUMN))
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    statement_id: Mapped[UUID]
    service_id: Mapped[UUID]
    objective_id: Mapped[UUID]
    objective_name: Mapped[str]
    indicator_id: Mapped[UUID | None]
    """Null where incidents are counted."""
    period_from: Mapped[datetime]
    period_to: Mapped[datetime]
    target: Mapped[Decimal]
    attained: Mapped[Decimal]
    weight_share: Mapped[Decimal]
    credit_percent: Mapped[Decimal]
    credit_amount: Mapped[Decimal]
    currency: Mapped[str | None]
    cleared_at: Mapped[datetime | None]
    """When a restatement said that the objective was met after all."""

    @property
    def key(self) -> BreachKey:
        return BreachKey(self.agreement_id, self.objective_id, self.period_from)

    def restate(self, breach: Breach) -> None:
        """Take over what the last statement says, in which the objective is missed."""
        for name in vars(breach).keys() & self.__table__.columns.keys():
            setattr(self, name, getattr(breach, name))
        self.cleared_at = None


class IssueConcern(Identified, Base):
    """A concern of an issue: something that may become a breach, seen before a statement says so."""

    __tablename__ = "issue_concerns"
    __table_args__ = (
        Index(
            "uq_issue_concerns_going_on",
            "agreement_id",
            "kind",
            "about",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("urgency BETWEEN 1 AND 3", name="urgency_range"),
    )

    issue_id: Mapped[UUID] = mapped_column(ForeignKey(ISSUE_ID_COLUMN), index=True)
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id), index=True)
    kind: Mapped[ConcernKind] = mapped_column(text_enum(ConcernKind, "concernkind"))
    about: Mapped[UUID]
    """The indicator that is silent, the objective whose budget burns, the incident."""
    name: Mapped[str]
    weight_share: Mapped[Decimal]
    urgency: Mapped[int]
    because: Mapped[str]
    noticed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @classmethod
    def from_concern(cls, concern: Concern, at: datetime) -> Self:
        names = vars(concern).keys() & cls.__table__.columns.keys()
        return cls(noticed_at=at, **{name: getattr(concern, name) for name in names})


class IssueTask(Identified, Base):
    """A task of the remediation plan: who does what by when, and its outcome."""

    __tablename__ = "issue_tasks"
    __table_args__ = (
        CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done_by_somebody"),
        CheckConstraint("(dropped_at IS NULL) = (outcome IS NULL) OR done_at IS NOT NULL", name="dropped_for_a_reason"),
        CheckConstraint("done_at IS NULL OR dropped_at IS NULL", name="settled_once"),
    )

    issue_id: Mapped[UUID] = mapped_column(ForeignKey(ISSUE_ID_COLUMN), index=True)
    description: Mapped[str] = mapped_column("what")
    assignee: Mapped[str] = mapped_column("who")
    due_on: Mapped[date]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]
    dropped_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    """The result, or why the task was dropped."""

    @property
    def is_finished(self) -> bool:
        return self.done_at is not None or self.dropped_at is not None

    def complete(self, by: str, at: datetime, outcome: str | None) -> None:
        self.check_not_finished()
        self.done_at, self.done_by, self.outcome = at, by, outcome

    def drop(self, at: datetime, reason: str) -> None:
        self.check_not_finished()
        self.dropped_at, self.outcome = at, reason

    def check_not_finished(self) -> None:
        if self.is_finished:
            raise TaskAlreadyFinished("This task is done." if self.done_at else "This task was dropped.")


class IssueEntryKind(StrEnum):
    COMMENT = "comment"
    OPENED = "opened"
    ORIGIN_ADDED = "breach_added"
    """A breach or a concern."""
    BREACH_CLEARED = "breach_cleared"
    CONCERN_ENDED = "concern_ended"
    CAUSE_SET = "cause_set"
    TAKEN_UP = "taken_up"
    ESCALATED = "escalated"
    MERGED = "merged"
    SPLIT = "split"
    REOPENED = "reopened"
    RESOLVED = "resolved"
    CLOSED = "closed"


class IssueEntry(Identified, Base):
    """An entry of an issue's activity log: something that happened, or a comment. It never changes."""

    __tablename__ = "issue_entries"
    __audited__ = False

    issue_id: Mapped[UUID] = mapped_column(ForeignKey(ISSUE_ID_COLUMN), index=True)
    kind: Mapped[IssueEntryKind] = mapped_column(text_enum(IssueEntryKind, "entrykind"))
    at: Mapped[datetime]
    by: Mapped[str]
    text: Mapped[str]
    for_customer: Mapped[bool]
    """Whether the customer may read it."""

"""An issue with the breaches of one cause, from being opened to being closed."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar, Self
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database import Identified, Versioned, choice
from common.errors import RuleBroken
from common.ids import new_id
from sla.agreements.model import Agreement
from sla.issues.triage import Breach, Weighed, priority
from sla.schema import Base


class IssueState(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    """It has an owner."""
    RESOLVED = "resolved"
    CLOSED = "closed"


class IssueWithoutOwner(RuleBroken):
    """An issue is resolved by somebody who owns it."""


class IssueAlreadyResolved(RuleBroken):
    """What is resolved is no longer assigned, planned or resolved."""


class IssueNotResolved(RuleBroken):
    """An issue is closed after it was resolved."""


class IssueClosed(RuleBroken):
    """A closed issue does not change."""


class DueInThePast(RuleBroken):
    """Remediation is due today or later."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class Issue(Identified, Versioned, Base):
    __tablename__ = "issues"
    __table_args__ = (
        CheckConstraint("priority BETWEEN 1 AND 5", name="priority_range"),
        CheckConstraint("state = 'open' OR owner IS NOT NULL", name="owned"),
        CheckConstraint("(state IN ('resolved', 'closed')) = (resolved_at IS NOT NULL)", name="resolved_at"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
        Index("ix_issues_cause", "customer_id", "cause_key"),
    )

    customer_id: Mapped[UUID]
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id), index=True)
    """Of the breach that opened it, as is the statement."""
    statement_id: Mapped[UUID]
    cause_key: Mapped[str]
    """The service whose promise was broken; issues of other customers with the same key may have the same cause."""
    title: Mapped[str]
    state: Mapped[IssueState] = mapped_column(choice(IssueState))
    impact: Mapped[int]
    urgency: Mapped[int]
    priority: Mapped[int]
    explanation: Mapped[list[dict[str, Any]]]
    """The terms of the priority, each with its value and the reason for it."""
    queue_key: Mapped[UUID] = mapped_column(unique=True)
    """The place in the queue as one sortable key: the priority, then the age."""
    owner: Mapped[str | None]
    plan: Mapped[str]
    due_on: Mapped[date | None]
    resolution: Mapped[str | None]
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    breaches: Mapped[list["IssueBreach"]] = relationship(lazy="raise", order_by="IssueBreach.id")

    @classmethod
    def opened(cls, breach: Breach, at: datetime) -> Self:
        issue = cls(
            id=new_id(),
            customer_id=breach.customer_id,
            agreement_id=breach.agreement_id,
            statement_id=breach.statement_id,
            cause_key=cause_key(breach.service_id),
            title=f"{breach.service_name}: {breach.objective_name} missed",
            state=IssueState.OPEN,
            plan="",
            opened_at=at,
            breaches=[],
        )
        issue.gather(breach)
        return issue

    def gather(self, breach: Breach) -> None:
        """Add a breach of the same cause, or what a later revision of its statement says of it."""
        for known in self.breaches:
            if known.is_about(breach):
                known.restate(breach)
                break
        else:
            self.breaches.append(IssueBreach.of(breach))
        self._triage()

    def assign(self, owner: str) -> None:
        self._check_unresolved()
        self.owner = owner
        self.state = IssueState.IN_PROGRESS

    def schedule(self, plan: str, due_on: date | None, today: date) -> None:
        self._check_unresolved()
        if due_on is not None and due_on < today and due_on != self.due_on:
            raise DueInThePast(f"It is {today} already.", field="due_on")
        self.plan, self.due_on = plan, due_on

    def resolve(self, resolution: str, at: datetime) -> None:
        self._check_unresolved()
        if self.owner is None:
            raise IssueWithoutOwner("Nobody owns this issue yet.")
        self.state, self.resolution, self.resolved_at = IssueState.RESOLVED, resolution, at

    def close(self, at: datetime) -> None:
        self._check_not_closed()
        if self.state is not IssueState.RESOLVED:
            raise IssueNotResolved(f"This issue is {self.state}.")
        self.state, self.closed_at = IssueState.CLOSED, at

    def _check_unresolved(self) -> None:
        self._check_not_closed()
        if self.state is IssueState.RESOLVED:
            raise IssueAlreadyResolved("This issue is resolved.")

    def _check_not_closed(self) -> None:
        if self.state is IssueState.CLOSED:
            raise IssueClosed("This issue is closed.")

    def _triage(self) -> None:
        found = priority([breach.weighed() for breach in self.breaches])
        self.impact, self.urgency = (term.value for term in found.terms)
        self.priority = found.value
        self.explanation = [term._asdict() for term in found.terms]
        # A UUIDv7 starts with its time, and loses nothing but random bits at its end.
        self.queue_key = UUID(bytes=bytes([found.value]) + self.id.bytes[:-1])


class IssueBreach(Identified, Base):
    """One objective missed in one review period; it belongs to one issue."""

    __tablename__ = "issue_breaches"
    __table_args__ = (
        UniqueConstraint("agreement_id", "objective_id", "period_from"),
        Index("ix_issue_breaches_issue_id", "issue_id"),
        CheckConstraint("period_from < period_to", name="period_forwards"),
    )

    issue_id: Mapped[UUID] = mapped_column(ForeignKey(Issue.id))
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    statement_id: Mapped[UUID]
    service_id: Mapped[UUID]
    objective_id: Mapped[UUID]
    objective_name: Mapped[str]
    indicator_id: Mapped[UUID]
    period_from: Mapped[datetime]
    period_to: Mapped[datetime]
    target: Mapped[Decimal]
    attained: Mapped[Decimal]
    weight_share: Mapped[Decimal]

    @classmethod
    def of(cls, breach: Breach) -> Self:
        return cls(
            agreement_id=breach.agreement_id,
            statement_id=breach.statement_id,
            service_id=breach.service_id,
            objective_id=breach.objective_id,
            objective_name=breach.objective_name,
            indicator_id=breach.indicator_id,
            period_from=breach.period_from,
            period_to=breach.period_to,
            target=breach.target,
            attained=breach.attained,
            weight_share=breach.weight_share,
        )

    def is_about(self, breach: Breach) -> bool:
        mine = (self.agreement_id, self.objective_id, self.period_from)
        return mine == (breach.agreement_id, breach.objective_id, breach.period_from)

    def restate(self, breach: Breach) -> None:
        self.statement_id, self.attained = breach.statement_id, breach.attained

    def weighed(self) -> Weighed:
        return Weighed(self.agreement_id, self.objective_name, self.target, self.attained, self.weight_share)


def cause_key(service_id: UUID) -> str:
    return f"service:{service_id}"

"""How issues look to clients."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from common.auth.principal import Principal
from common.views import Day, Instant, Name, Said, Text, View
from sla.issues.model import Issue
from sla.issues.order import Contrast, Reasons
from sla.issues.parts import EntryKind
from sla.issues.states import IssueState
from sla.issues.triage import ConcernKind

OF_CUSTOMERS = "customer"
"""The term of the triage that compares customers, which none of them is shown."""


class Planning(View):
    """What is absent or null stays as it is."""

    owner: Name | None = Field(default=None, description="Who sees to it: the subject of their tokens.")
    plan: Text | None = Field(default=None, examples=["Twice the memory, then watch for a week."])
    due_on: Day | None = Field(
        default=None, description="To the end of this day, in the time zone of the issue.", examples=["2100-01-31"]
    )


class Resolution(View):
    resolution: Said = Field(
        description="What was done, and why it will not happen again.", examples=["Doubled the memory of the cache."]
    )


class NewTask(View):
    what: Said = Field(examples=["Order memory"])
    who: Name = Field(examples=["olga"])
    due_on: Day = Field(examples=["2100-01-31"])


class TaskChange(View):
    """What is absent or null stays as it is."""

    what: Said | None = None
    who: Name | None = Field(default=None, examples=["otto"])
    due_on: Day | None = None


class TaskOutcome(View):
    outcome: Said | None = Field(default=None, examples=["Installed on both nodes."])


class TaskWithdrawal(View):
    reason: Said = Field(examples=["The cause lies elsewhere."])


class Merging(View):
    into: UUID = Field(description="An unsolved issue of the same customer.")
    reason: Said = Field(examples=["The same outage, seen from two services."])


class Splitting(View):
    breaches: Annotated[list[UUID], Field(min_length=1, max_length=1000)]
    title: Name | None = Field(default=None, description="Absent: that of the issue it is split off from.")
    reason: Said = Field(examples=["Another outage on the same day."])


class Attribution(View):
    cause_id: UUID | None = Field(description="Null: none is known.")


class NewComment(View):
    text: Said = Field(examples=["The supplier has confirmed the delivery."])
    for_customer: bool = Field(default=False, description="Whether the customer may read it. What it says, it may.")


class Importance(View):
    importance: int = Field(ge=1, le=3, description="1 is low, 2 is ordinary, 3 is high.", examples=[3])
    reason: Said = Field(examples=["A quarter of all users."])


class ImportanceView(View):
    customer_id: UUID
    importance: int
    reason: str
    changed_at: Instant


class TermView(View):
    name: str
    measured: str = Field(description="What the value is read from.")
    value: int = Field(description="1 is low, 3 is high.")
    weight: int = Field(description="The exponent of the value.")
    points: int = Field(description="Value to the power of weight; the product of all points is the score.")
    because: str


class BreachView(View):
    id: UUID
    agreement_id: UUID
    statement_id: UUID
    objective_id: UUID
    objective_name: str
    indicator_id: UUID | None = Field(description="Null where incidents are counted.")
    period_from: Instant
    period_to: Instant
    target: Decimal
    attained: Decimal
    credit_amount: Decimal
    currency: str | None
    cleared_at: Instant | None = Field(description="When a restatement said that it was met after all.")


class ConcernView(View):
    id: UUID
    agreement_id: UUID
    kind: ConcernKind
    about: UUID = Field(description="The indicator that is silent, the objective whose budget burns, the incident.")
    name: str
    because: str
    noticed_at: Instant
    ended_at: Instant | None


class TaskView(View):
    id: UUID
    what: str
    who: str
    due_on: date
    done_at: Instant | None
    done_by: str | None
    dropped_at: Instant | None
    outcome: str | None


class EntryView(View):
    id: UUID
    kind: EntryKind
    at: Instant
    by: str
    text: str
    for_customer: bool


class IssueSummary(View):
    id: UUID
    customer_id: UUID
    agreement_id: UUID
    statement_id: UUID | None
    cause_key: str
    cause_id: UUID | None
    title: str
    state: IssueState
    priority: int = Field(description="1 is the most pressing, 5 the least.")
    score: int | None = Field(description="The queue is in its order, then the oldest first. Not shown to customers.")
    explanation: list[TermView] = Field(description="The terms of the score.")
    owner: str | None
    plan: str
    due_on: date | None
    timezone: str = Field(description="Of the agreement it began with: days of the plan end when they end there.")
    resolution: str | None
    opened_at: Instant
    resolved_at: Instant | None
    closed_at: Instant | None
    escalate_at: Instant | None = Field(description="When it is escalated next, if nothing happens.")
    ignored_at: Instant | None = Field(description="When it was escalated because nobody took it up.")
    overdue_at: Instant | None = Field(description="When it was escalated because its plan was overdue.")
    recurrences: int = Field(description="How often its cause has come back.")
    recurrence_of: UUID | None = Field(description="The closed issue of which it is a recurrence.")
    merged_into: UUID | None

    @classmethod
    def of(cls, issue: Issue, reader: Principal) -> Self:
        view = cls.model_validate(issue)
        if reader.customer_id is not None:
            view.score = None
            view.explanation = [term for term in view.explanation if term.name != OF_CUSTOMERS]
        return view


class IssueView(IssueSummary):
    breaches: list[BreachView]
    """All of one cause."""
    concerns: list[ConcernView]
    tasks: list[TaskView]


class ContrastView(View):
    name: str
    ahead: int
    behind: int
    because: str

    @classmethod
    def of(cls, contrast: Contrast) -> Self:
        return cls.model_validate(contrast)


class NeighbourView(View):
    issue_id: UUID
    title: str
    score: int
    because: str
    terms: list[ContrastView] = Field(description="In which they differ, the one that decides most first.")


class PriorityView(View):
    """Why an issue stands where it stands."""

    issue_id: UUID
    priority: int
    score: int
    explanation: list[TermView]
    position: int | None = Field(description="From 1; null for an issue that does not wait any more.")
    waiting: int = Field(description="How many wait in all.")
    ahead: NeighbourView | None = Field(description="The one right before it, and why.")
    behind: NeighbourView | None

    @classmethod
    def of(cls, issue: Issue, found: tuple[Issue | None, Issue | None, int, int]) -> Self:
        ahead, behind, before, waiting = found
        return cls(
            issue_id=issue.id,
            priority=issue.priority,
            score=issue.score,
            explanation=[TermView.model_validate(term) for term in issue.explanation],
            position=before + 1 if issue.unsolved else None,
            waiting=waiting,
            ahead=_neighbour(ahead, Reasons(ahead.place, issue.place)) if ahead else None,
            behind=_neighbour(behind, Reasons(issue.place, behind.place)) if behind else None,
        )


def _neighbour(other: Issue, reasons: Reasons) -> NeighbourView:
    return NeighbourView(
        issue_id=other.id,
        title=other.title,
        score=other.score,
        because=reasons.because,
        terms=[ContrastView.of(contrast) for contrast in reasons.terms],
    )

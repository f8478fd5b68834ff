"""Request and response shapes of issues."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import MISSING, Field

from common.http.conventions.open_actions import ActionNames, OpenAction, list_open_actions
from common.http.request_scope import AsOwner, AsParticipant
from common.names.references import Reference, look_up
from common.unit_of_work import UnitOfWork
from common.views import Change, Day, Instant, Name, RequiredText, Text, View
from sla.issues.children import IssueEntryKind
from sla.issues.model import Issue
from sla.issues.origins import ConcernKind
from sla.issues.states import IssueState

CUSTOMER_TERM = "customer"
"""The score term that compares customers; customers do not see it."""


class IssueChange(Change):
    """A change of an issue's owner or plan; absent fields stay as they are."""

    owner: Name | MISSING = Field(MISSING, description="The person in charge: the subject of their tokens.")
    plan: Text | MISSING = Field(MISSING, examples=["Twice the memory, then watch for a week."])
    due_on: Day | MISSING | None = Field(
        MISSING,
        description="The plan is due at the end of this day, in the time zone of the issue; null if on no day.",
        examples=["2100-01-31"],
    )


class IssueResolution(View):
    resolution: RequiredText = Field(
        description="What was done, and why it will not happen again.", examples=["Doubled the memory of the cache."]
    )


class NewTask(View):
    description: RequiredText = Field(examples=["Order memory"])
    assignee: Name = Field(examples=["olga"])
    due_on: Day = Field(examples=["2100-01-31"])


class TaskChange(Change):
    """A change of a task; absent fields stay as they are."""

    description: RequiredText | MISSING = MISSING
    assignee: Name | MISSING = Field(MISSING, examples=["otto"])
    due_on: Day | MISSING = MISSING


class TaskOutcome(View):
    outcome: RequiredText | None = Field(default=None, examples=["Installed on both nodes."])


class IssueMerge(View):
    into: UUID = Field(description="An unsolved issue of the same customer.")
    reason: RequiredText = Field(examples=["The same outage, seen from two services."])


class IssueSplit(View):
    breaches: Annotated[list[UUID], Field(min_length=1, max_length=1000)]
    title: Name | None = Field(default=None, description="Default: the title of the issue it is split off from.")
    reason: RequiredText = Field(examples=["Another outage on the same day."])


class CauseAssignment(View):
    cause_id: UUID | None = Field(description="Null if the cause is not known.")


class NewComment(View):
    text: RequiredText = Field(examples=["The supplier has confirmed the delivery."])
    for_customer: bool = Field(default=False, description="Whether the customer may read it, besides its own comments.")


class NewImportance(View):
    importance: int = Field(ge=1, le=3, description="1 is low, 2 is ordinary, 3 is high.", examples=[3])
    reason: RequiredText = Field(examples=["A quarter of all users."])


class ImportanceView(NewImportance):
    customer_id: UUID
    customer: Reference = look_up("customer")
    changed_at: Instant


class ScoreTermView(View):
    name: str
    measured: str = Field(description="The measured quantity that the value is graded from.")
    value: int = Field(description="1 is low, 3 is high.")
    weight: int = Field(description="The exponent of the value.")
    points: int = Field(description="Value to the power of weight. The score is the product of all points.")
    because: str


class IssueBreachView(View):
    id: UUID
    agreement_id: UUID
    statement_id: UUID
    objective_id: UUID
    objective_name: str
    indicator_id: UUID | None = Field(description="Null if the objective counts incidents.")
    period_from: Instant
    period_to: Instant
    target: Decimal
    attained: Decimal
    credit_amount: Decimal
    currency: str | None
    cleared_at: Instant | None = Field(description="When a restatement said that the objective was met.")


class IssueConcernView(View):
    id: UUID
    agreement_id: UUID
    kind: ConcernKind
    about: UUID = Field(description="The silent indicator, the objective with the high burn rate, or the incident.")
    name: str
    because: str
    noticed_at: Instant
    ended_at: Instant | None


class IssueTaskView(NewTask):
    id: UUID
    done_at: Instant | None
    done_by: str | None
    dropped_at: Instant | None
    outcome: str | None


class IssueEntryView(View):
    id: UUID
    kind: IssueEntryKind
    at: Instant
    by: str
    text: str
    for_customer: bool


class IssueSummary(View):
    id: UUID
    customer_id: UUID
    customer: Reference = look_up("customer")
    agreement_id: UUID
    agreement: Reference = look_up("agreement")
    statement_id: UUID | None
    cause_key: str
    cause_id: UUID | None
    title: str
    state: IssueState
    priority: int = Field(description="1 is the most pressing, 5 the least.")
    score: int | None = Field(description="The queue is sorted by score, then oldest first. Customers do not see it.")
    explanation: list[ScoreTermView] = Field(description="The terms of the score.")
    owner: str | None
    plan: str
    due_on: date | None
    timezone: str = Field(description="Of the agreement it was opened for; due days end in this time zone.")
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
    actions: ActionNames

    @classmethod
    def for_reader(cls, issue: Issue, work: UnitOfWork) -> Self:
        view = cls.from_entity(issue, actions=list_open_actions(work, ISSUE_ACTIONS, issue))
        if work.principal.customer_id is not None:
            view.score = None
            view.explanation = [term for term in view.explanation if term.name != CUSTOMER_TERM]
        return view


ISSUE_ACTIONS = {
    "plan": OpenAction[Issue](AsOwner, lambda _, issue: issue.check_unsolved()),
    "add_task": OpenAction[Issue](AsOwner, lambda _, issue: issue.check_unsolved()),
    "resolve": OpenAction[Issue](AsOwner, lambda _, issue: issue.check_resolvable()),
    "close": OpenAction[Issue](AsOwner, lambda _, issue: issue.check_closable()),
    "comment": OpenAction[Issue](AsParticipant, lambda *_: None),
}


class OpenIssueCounts(View):
    """The issues of an agreement that are neither resolved nor closed."""

    count: int
    by_priority: dict[int, int] = Field(description="1 is the most pressing, 5 the least.", examples=[{"1": 1, "3": 2}])

    @classmethod
    def from_counts(cls, by_priority: dict[int, int]) -> Self:
        return cls(count=sum(by_priority.values()), by_priority=by_priority)


class IssueView(IssueSummary):
    breaches: list[IssueBreachView]
    concerns: list[IssueConcernView]
    tasks: list[IssueTaskView]

"""How issues look to clients."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from common.views import Instant, Name, Text, View
from sla.issues.model import IssueState


class Planning(View):
    """What is absent or null stays as it is."""

    owner: Name | None = None
    """Who sees to it: the subject of their tokens."""
    plan: Text | None = None
    due_on: date | None = None


class Resolution(View):
    resolution: Annotated[Text, StringConstraints(min_length=1)]
    """What was done, and why it will not happen again."""


class TermView(View):
    name: str
    value: int
    """1 is low, 3 is high; the product of all terms gives the priority."""
    because: str


class BreachView(View):
    agreement_id: UUID
    statement_id: UUID
    objective_id: UUID
    objective_name: str
    indicator_id: UUID
    period_from: Instant
    period_to: Instant
    target: Decimal
    attained: Decimal


class IssueSummary(View):
    id: UUID
    customer_id: UUID
    agreement_id: UUID
    statement_id: UUID
    cause_key: str
    title: str
    state: IssueState
    impact: int
    urgency: int
    priority: int
    """1 is the most pressing, 5 the least."""
    explanation: list[TermView]
    owner: str | None
    plan: str
    due_on: date | None
    resolution: str | None
    opened_at: Instant
    resolved_at: Instant | None
    closed_at: Instant | None


class IssueView(IssueSummary):
    breaches: list[BreachView]
    """All of one cause."""

"""The reasons for a feasibility: one for each thing that was checked, as a sentence and as numbers."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from sla.hours.spans import HOUR


class Feasibility(StrEnum):
    FEASIBLE = "feasible"
    AT_RISK = "at_risk"
    """It holds with luck: what the supporting agreements promise does not make it sure."""
    INFEASIBLE = "infeasible"
    """It is broken even when every supporting agreement just keeps its promise, however outages coincide."""
    UNKNOWN = "unknown"
    """It names no supporting agreements, or promises that cannot be compared with theirs."""


class FeasibilitySubject(StrEnum):
    AVAILABILITY = "availability"
    SERVICE_HOURS = "service_hours"
    RESPONSE_TIME = "response_time"
    RESOLUTION_TIME = "resolution_time"
    NEXT_ANSWER_TIME = "next_answer_time"
    MAINTENANCE = "maintenance"
    DAYS = "days"
    SIGNATURES = "signatures"
    PARTS = "parts"


@dataclass(frozen=True, slots=True)
class FeasibilityReason:
    subject: FeasibilitySubject
    feasibility: Feasibility
    sentence: str
    figures: dict[str, str] = field(default_factory=dict)
    agreement_id: UUID | None = None
    """The supporting agreement it is about, if it is about one alone."""
    objective_id: UUID | None = None


_WORST_FIRST = (Feasibility.INFEASIBLE, Feasibility.AT_RISK, Feasibility.UNKNOWN, Feasibility.FEASIBLE)


@dataclass(frozen=True)
class FeasibilityResult:
    """The reasons, and the worst feasibility among them."""

    reasons: list[FeasibilityReason]

    @property
    def feasibility(self) -> Feasibility:
        return min(
            (reason.feasibility for reason in self.reasons), key=_WORST_FIRST.index, default=Feasibility.FEASIBLE
        )


def to_share(percent: Decimal) -> Fraction:
    return Fraction(percent) / 100


def format_share_as_percent(share: Fraction) -> str:
    """Round down to four places, so that what falls short is never shown as if it did not."""
    return f"{Decimal(share.numerator * 10**6 // share.denominator).scaleb(-4):f}"


def format_hours(microseconds: int) -> str:
    """Round up to two places."""
    return f"{Decimal(-(-microseconds * 100 // HOUR)).scaleb(-2).normalize():f}"

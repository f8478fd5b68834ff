"""What was found: one reason for each thing that was looked at, as a sentence and as numbers."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from sla.hours.spans import HOUR


class Feasibility(StrEnum):
    FEASIBLE = "feasible"
    AT_RISK = "at_risk"
    """It holds with luck: nothing promised by those who carry it makes it sure."""
    INFEASIBLE = "infeasible"
    """Who carries it may just keep what they promised, and this is broken however their outages coincide."""
    UNKNOWN = "unknown"
    """Nothing is named that carries it."""


class FeasibilitySubject(StrEnum):
    AVAILABILITY = "availability"
    SERVICE_HOURS = "service_hours"
    RESPONSE_TIME = "response_time"
    RESOLUTION_TIME = "resolution_time"
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


def overall_feasibility(reasons: list[FeasibilityReason]) -> Feasibility:
    found = {reason.feasibility for reason in reasons}
    return next((one for one in _WORST_FIRST if one in found), Feasibility.FEASIBLE)


def to_share(percent_: Decimal) -> Fraction:
    return Fraction(percent_) / 100


def format_percent(share: Fraction) -> str:
    """Four places, rounded down, so that what falls short is never shown as if it did not."""
    return f"{Decimal(share.numerator * 10**6 // share.denominator).scaleb(-4):f}"


def format_hours(amount: int) -> str:
    """Of microseconds; two places, rounded up."""
    return f"{Decimal(-(-amount * 100 // HOUR)).scaleb(-2).normalize():f}"

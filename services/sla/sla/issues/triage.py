"""How pressing an issue is: impact times urgency, each with the reason for its value."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Breach:
    """One objective missed in one review period, as the statement says."""

    agreement_id: UUID
    customer_id: UUID
    statement_id: UUID
    service_id: UUID
    service_name: str
    objective_id: UUID
    objective_name: str
    indicator_id: UUID
    period_from: datetime
    period_to: datetime
    """Exclusive."""
    target: Decimal
    """Percent."""
    attained: Decimal
    """Percent."""
    weight_share: Decimal
    """Percent of the weight of all objectives of the agreement."""


class Weighed(NamedTuple):
    """What the triage reads of a breach."""

    agreement_id: UUID
    objective_name: str
    target: Decimal
    attained: Decimal
    weight_share: Decimal


class Term(NamedTuple):
    name: str
    value: int
    """1 is low, 3 is high."""
    because: str


class Priority(NamedTuple):
    value: int
    """1 is the most pressing, 5 the least."""
    terms: tuple[Term, ...]


HIGH_SHARE, MEDIUM_SHARE = 50, 20
"""Percent of an agreement's weight that is breached."""
HIGH_SPENT, MEDIUM_SPENT = 5, 2
"""Times the error budget that was spent."""
BY_PRODUCT = {9: 1, 6: 2, 4: 3, 3: 3, 2: 4, 1: 5}


def priority(breaches: Collection[Weighed]) -> Priority:
    terms = (impact(breaches), urgency(breaches))
    return Priority(BY_PRODUCT[terms[0].value * terms[1].value], terms)


def impact(breaches: Collection[Weighed]) -> Term:
    """How much of a promise is broken: of the agreement hit worst, the weight of the objectives missed."""
    shares: dict[UUID, dict[str, Decimal]] = {}
    for breach in breaches:
        shares.setdefault(breach.agreement_id, {})[breach.objective_name] = breach.weight_share
    worst = max(sum(share.values(), Decimal(0)) for share in shares.values())
    because = f"the objectives missed carry {worst.normalize():f} % of the agreement's weight"
    return Term("impact", _grade(Fraction(worst), MEDIUM_SHARE, HIGH_SHARE), because)


def urgency(breaches: Collection[Weighed]) -> Term:
    """How fast it must stop: of the objective missed worst, how many times its error budget was spent."""
    worst = max(breaches, key=_shortfall)
    spent = _spent(worst)
    if spent is None:
        return Term("urgency", 3, f"{worst.objective_name} allows no error at all")
    because = f"{worst.objective_name} spent its error budget {float(spent):.1f} times"
    return Term("urgency", _grade(spent, MEDIUM_SPENT, HIGH_SPENT), because)


def _grade(value: Fraction, medium: int, high: int) -> int:
    return 1 + (value >= medium) + (value >= high)


def _spent(breach: Weighed) -> Fraction | None:
    """Times the error budget; null when there is none."""
    budget = Fraction(100) - Fraction(breach.target)
    return (Fraction(100) - Fraction(breach.attained)) / budget if budget else None


def _shortfall(breach: Weighed) -> tuple[bool, Fraction]:
    spent = _spent(breach)
    return spent is None, spent or Fraction(0)

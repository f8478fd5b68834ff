"""How pressing an issue is: impact, urgency, customer and credit at risk, each with its value, weight and reason."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, NamedTuple
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
    indicator_id: UUID | None
    """What measured it; null where incidents are counted."""
    period_from: datetime
    period_to: datetime
    """Exclusive."""
    target: Decimal
    """Percent."""
    attained: Decimal
    """Percent."""
    weight_share: Decimal
    """Percent of the weight of all objectives of the agreement."""
    credit_percent: Decimal = Decimal(0)
    """Of the charge, that the objective owes by itself; the statement's cap is not applied."""
    credit_amount: Decimal = Decimal(0)
    currency: str | None = None
    """ISO 4217; null where the terms know no credits."""


class ConcernKind(StrEnum):
    SILENCE = "silence"
    """Nothing is measured any more."""
    BURN_RATE = "burning"
    """At this rate the error budget will not last."""
    INCIDENT = "incident"
    """One was not answered or resolved in time."""


@dataclass(frozen=True, kw_only=True)
class Concern:
    """What may become a breach of an agreement."""

    kind: ConcernKind
    agreement_id: UUID
    customer_id: UUID
    service_id: UUID
    service_name: str
    about: UUID
    """The indicator that is silent, the objective whose budget burns, the incident."""
    name: str
    """Of what it is about."""
    weight_share: Decimal
    """Percent of the agreement's weight that depends on it."""
    urgency: int
    """1 is low, 3 is high."""
    because: str


class BreachSeverity(NamedTuple):
    """What the triage reads of a breach."""

    agreement_id: UUID
    objective_name: str
    target: Decimal
    attained: Decimal
    weight_share: Decimal
    credit_percent: Decimal = Decimal(0)
    credit_amount: Decimal = Decimal(0)
    currency: str | None = None


class ConcernSeverity(NamedTuple):
    """What the triage reads of a concern: nothing is missed yet."""

    agreement_id: UUID
    name: str
    weight_share: Decimal
    urgency: int
    because: str


class ScoreTerm(NamedTuple):
    name: str
    measured: str
    """What the value is read from."""
    value: int
    """1 is low, 3 is high."""
    because: str

    @property
    def weight(self) -> int:
        return TERM_WEIGHTS[self.name]

    @property
    def points(self) -> int:
        """What the term contributes as a factor."""
        return int(self.value**self.weight)

    def to_json(self) -> dict[str, Any]:
        return self._asdict() | {"weight": self.weight, "points": self.points}


class TriageScore(NamedTuple):
    terms: tuple[ScoreTerm, ...]

    @property
    def score(self) -> int:
        """The product of the points: the queue is in its order."""
        product = 1
        for term in self.terms:
            product *= term.points
        return product

    @property
    def priority(self) -> int:
        """1 is the most pressing, 5 the least."""
        return 1 + sum(self.score < step for step in PRIORITY_THRESHOLDS)


TERM_WEIGHTS = {"impact": 2, "urgency": 2, "customer": 1, "credit": 1}
"""Exponents: what was promised and how badly it was missed counts before whom it was promised to, and what it costs."""
PRIORITY_THRESHOLDS = (144, 64, 18, 6)
"""The least score of the priorities 1 to 4."""
HIGH_WEIGHT_SHARE, MEDIUM_WEIGHT_SHARE = 50, 20
"""Percent of an agreement's weight that is breached."""
HIGH_BUDGET_SPENT, MEDIUM_BUDGET_SPENT = 5, 2
"""Times the error budget that was spent."""
HIGH_CREDIT_PERCENT = 10
"""Percent of the charge; any credit at all is medium."""
ORDINARY_IMPORTANCE = 2
"""How important a customer is of whom nothing else was said."""
IMPORTANCE_PHRASES = {
    1: "one of the less important customers",
    2: "an ordinary customer",
    3: "one of the key customers",
}


def compute_score(
    breaches: Collection[BreachSeverity],
    worries: Collection[ConcernSeverity] = (),
    importance: int = ORDINARY_IMPORTANCE,
) -> TriageScore:
    """Of an issue with at least one breach or worry."""
    return TriageScore(
        (
            impact_term(breaches, worries),
            urgency_term(breaches, worries),
            customer_term(importance),
            credit_term(breaches),
        )
    )


def impact_term(breaches: Collection[BreachSeverity], worries: Collection[ConcernSeverity] = ()) -> ScoreTerm:
    """How much of a promise is broken: of the agreement hit worst, the weight of the objectives missed."""
    shares: dict[UUID, dict[str, Decimal]] = {}
    for worry in worries:
        shares.setdefault(worry.agreement_id, {})[worry.name] = worry.weight_share
    for breach in breaches:
        shares.setdefault(breach.agreement_id, {})[breach.objective_name] = breach.weight_share
    worst = min(max(sum(share.values(), Decimal(0)) for share in shares.values()), Decimal(100))
    share = f"{worst.normalize():f} %"
    what = "objectives missed carry" if breaches else "objectives concerned carry"
    because = f"the {what} {share} of the agreement's weight"
    return ScoreTerm("impact", share, _grade(Fraction(worst), MEDIUM_WEIGHT_SHARE, HIGH_WEIGHT_SHARE), because)


def urgency_term(breaches: Collection[BreachSeverity], worries: Collection[ConcernSeverity] = ()) -> ScoreTerm:
    """How fast it must stop: of the objective missed worst, how many times its error budget was spent."""
    terms = [_worried(worry) for worry in worries]
    if breaches:
        terms.append(_overspent(max(breaches, key=_shortfall)))
    return max(terms, key=lambda term: term.value)


def customer_term(importance: int) -> ScoreTerm:
    return ScoreTerm("customer", str(importance), importance, f"it is {IMPORTANCE_PHRASES[importance]}")


def credit_term(breaches: Collection[BreachSeverity]) -> ScoreTerm:
    """What is owed: of the agreement that owes most, percent of its charge."""
    percents: dict[UUID, Decimal] = {}
    amounts: dict[str, Decimal] = {}
    for breach in breaches:
        if breach.currency is not None and breach.credit_percent:
            percents[breach.agreement_id] = percents.get(breach.agreement_id, Decimal(0)) + breach.credit_percent
            amounts[breach.currency] = amounts.get(breach.currency, Decimal(0)) + breach.credit_amount
    if not percents:
        return ScoreTerm("credit", "0 %", 1, "no credits are owed for it")
    most = max(percents.values())
    share, money = f"{most.normalize():f} %", " and ".join(f"{amounts[name]:.2f} {name}" for name in sorted(amounts))
    return ScoreTerm(
        "credit", share, 2 + (most >= HIGH_CREDIT_PERCENT), f"up to {share} of a charge, {money}, are owed in credits"
    )


def _worried(worry: ConcernSeverity) -> ScoreTerm:
    return ScoreTerm("urgency", worry.name, worry.urgency, worry.because)


def _overspent(worst: BreachSeverity) -> ScoreTerm:
    spent = _spent(worst)
    if spent is None:
        return ScoreTerm("urgency", "no budget", 3, f"{worst.objective_name} allows no error at all")
    times = f"{float(spent):.1f} times"
    because = f"{worst.objective_name} spent its error budget {times}"
    return ScoreTerm("urgency", times, _grade(spent, MEDIUM_BUDGET_SPENT, HIGH_BUDGET_SPENT), because)


def _grade(value: Fraction, medium: int, high: int) -> int:
    return 1 + (value >= medium) + (value >= high)


def _spent(breach: BreachSeverity) -> Fraction | None:
    """Times the error budget; null when there is none."""
    budget = Fraction(100) - Fraction(breach.target)
    return (Fraction(100) - Fraction(breach.attained)) / budget if budget else None


def _shortfall(breach: BreachSeverity) -> tuple[bool, Fraction]:
    spent = _spent(breach)
    return spent is None, spent or Fraction(0)

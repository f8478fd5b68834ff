"""The triage score of an issue: impact, urgency, customer and credit, each with its value, weight and reason."""

import math
from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from common.currencies import decimal_places
from sla.issues.origins import BreachSeverity, ConcernSeverity


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
        """Return the factor that the term contributes to the score."""
        return int(self.value**self.weight)

    def to_json(self) -> dict[str, Any]:
        return self._asdict() | {"weight": self.weight, "points": self.points}


class TriageScore(NamedTuple):
    terms: tuple[ScoreTerm, ...]

    @property
    def score(self) -> int:
        """The product of the points: the queue is in its order."""
        return math.prod(term.points for term in self.terms)

    @property
    def priority(self) -> int:
        """1 is the most pressing, 5 the least."""
        return 1 + sum(self.score < step for step in PRIORITY_THRESHOLDS)


TERM_WEIGHTS = {"impact": 2, "urgency": 2, "customer": 1, "credit": 1}
"""Exponents: impact and urgency count more than the customer and the credit."""
PRIORITY_THRESHOLDS = (144, 64, 18, 6)
"""The least score of the priorities 1 to 4."""
HIGH_WEIGHT_SHARE, MEDIUM_WEIGHT_SHARE = 50, 20
"""Percent of an agreement's weight that is breached."""
HIGH_BUDGET_SPENT, MEDIUM_BUDGET_SPENT = 5, 2
"""How many times the error budget was spent."""
HIGH_CREDIT_PERCENT = 10
"""Percent of the charge; any credit at all is medium."""
ORDINARY_IMPORTANCE = 2
"""The importance of a customer for whom none is set."""
IMPORTANCE_PHRASES = {
    1: "one of the less important customers",
    2: "an ordinary customer",
    3: "one of the key customers",
}


def compute_score(
    breaches: Collection[BreachSeverity],
    concerns: Collection[ConcernSeverity] = (),
    importance: int = ORDINARY_IMPORTANCE,
) -> TriageScore:
    """Compute the score of an issue with at least one breach or concern."""
    impact, urgency = impact_term(breaches, concerns), urgency_term(breaches, concerns)
    customer = ScoreTerm("customer", str(importance), importance, f"it is {IMPORTANCE_PHRASES[importance]}")
    return TriageScore((impact, urgency, customer, credit_term(breaches)))


def impact_term(breaches: Collection[BreachSeverity], concerns: Collection[ConcernSeverity] = ()) -> ScoreTerm:
    """Return the weight of the missed objectives, in the agreement that is hit worst."""
    shares: dict[UUID, dict[str, Decimal]] = defaultdict(dict)
    for concern in concerns:
        shares[concern.agreement_id][concern.name] = concern.weight_share
    for breach in breaches:
        shares[breach.agreement_id][breach.objective_name] = breach.weight_share
    worst = min(max(sum(share.values(), Decimal(0)) for share in shares.values()), Decimal(100))
    share = f"{worst.normalize():f} %"
    participle = "missed" if breaches else "concerned"
    because = f"the objectives {participle} carry {share} of the agreement's weight"
    return ScoreTerm("impact", share, _grade(Fraction(worst), MEDIUM_WEIGHT_SHARE, HIGH_WEIGHT_SHARE), because)


def urgency_term(breaches: Collection[BreachSeverity], concerns: Collection[ConcernSeverity] = ()) -> ScoreTerm:
    """Return how many times the error budget was spent, for the objective that is missed worst."""
    terms = [ScoreTerm("urgency", concern.name, concern.urgency, concern.because) for concern in concerns]
    if breaches:
        terms.append(_breach_term(max(breaches, key=_shortfall)))
    return max(terms, key=lambda term: term.value)


def credit_term(breaches: Collection[BreachSeverity]) -> ScoreTerm:
    """Return the credit owed as percent of the charge, for the agreement that owes most."""
    percents: dict[UUID, Decimal] = defaultdict(Decimal)
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for breach in breaches:
        if breach.currency is not None and breach.credit_percent:
            percents[breach.agreement_id] += breach.credit_percent
            amounts[breach.currency] += breach.credit_amount
    if not percents:
        return ScoreTerm("credit", "0 %", 1, "no credits are owed for it")
    most = max(percents.values())
    owed = [f"{amounts[currency]:.{decimal_places(currency)}f} {currency}" for currency in sorted(amounts)]
    share, money = f"{most.normalize():f} %", " and ".join(owed)
    because = f"up to {share} of a charge, {money}, are owed in credits"
    return ScoreTerm("credit", share, 2 + (most >= HIGH_CREDIT_PERCENT), because)


def _breach_term(worst: BreachSeverity) -> ScoreTerm:
    spent = _budgets_spent(worst)
    if spent is None:
        return ScoreTerm("urgency", "no budget", 3, f"{worst.objective_name} allows no error at all")
    times = f"{Decimal(math.ceil(spent * 10)) / 10:.1f} times"  # cut up: a budget that is overspent is never spent once
    because = f"{worst.objective_name} spent its error budget {times}"
    return ScoreTerm("urgency", times, _grade(spent, MEDIUM_BUDGET_SPENT, HIGH_BUDGET_SPENT), because)


def _grade(value: Fraction, medium: int, high: int) -> int:
    return 1 + (value >= medium) + (value >= high)


def _budgets_spent(breach: BreachSeverity) -> Fraction | None:
    """Return how many times the error budget was spent; None if there is no budget."""
    budget = Fraction(100) - Fraction(breach.target)
    return (Fraction(100) - Fraction(breach.attained)) / budget if budget else None


def _shortfall(breach: BreachSeverity) -> tuple[bool, Fraction]:
    spent = _budgets_spent(breach)
    return spent is None, spent or Fraction(0)

"""Evaluate terms under each of the three budgeting methods, and compute the targets each would have kept."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple
from uuid import UUID

from sla.agreements.objectives import BudgetingMethod, MeasuredObjective, Objective
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import (
    ObjectiveOutcome,
    ObjectiveVerdict,
    PeriodEvaluation,
    evaluate_period,
)
from sla.compliance.evaluation.ratios import Ratio
from sla.compliance.evaluation.windows import DaysInForce

COMPARED_METHODS = (BudgetingMethod.OCCURRENCES, BudgetingMethod.TIMESLICES, BudgetingMethod.RATIO_TIMESLICES)
_MOST = Fraction(95, 100)
"""Share of the periods for a target that is kept in most of them."""
DECIDED_VERDICTS = frozenset({ObjectiveVerdict.MET, ObjectiveVerdict.MISSED})


class KeptTargets(NamedTuple):
    """The highest targets that were kept, in ten-thousandths of a percent; None where no verdict was given."""

    in_all: int | None
    in_95_percent: int | None


def compute_kept_targets(attained: Iterable[Ratio]) -> KeptTargets:
    """Compute the targets from what was attained in each period with a verdict."""
    ratios = sorted(attained, key=lambda ratio: Fraction(*ratio))
    if not ratios:
        return KeptTargets(None, None)
    missed = len(ratios) - ceil(len(ratios) * _MOST)
    return KeptTargets(_highest(ratios[0]), _highest(ratios[missed]))


def attained_where_decided(outcomes: Iterable[ObjectiveOutcome]) -> list[Ratio]:
    decided = [outcome for outcome in outcomes if outcome.verdict in DECIDED_VERDICTS]
    return [outcome.assessment.ratio for outcome in decided if outcome.assessment.ratio]


def _highest(attained: Ratio) -> int:
    """Round down: a target is only kept if it is reached."""
    return attained.numerator * 10**6 // attained.denominator


def with_budgeting_method(terms: Terms, method: BudgetingMethod) -> Terms:
    """Return the same terms with every measured objective counted by one method."""
    objectives = tuple(_count_by(method, objective) for objective in terms.objectives)
    return terms.model_copy(update={"objectives": objectives})


def _count_by(method: BudgetingMethod, objective: Objective) -> Objective:
    if not isinstance(objective, MeasuredObjective):
        return objective
    sliced = method is not BudgetingMethod.OCCURRENCES
    changes = {
        "method": method,
        "slice_target": (objective.slice_target or objective.target) if method is BudgetingMethod.TIMESLICES else None,
        "slice_minutes": objective.slice_minutes if sliced else 1,
    }
    return objective.model_copy(update=changes)


def evaluate_by_method(
    terms: Terms, period: ReviewPeriod, evidence: PeriodEvidence, days: DaysInForce
) -> dict[BudgetingMethod, PeriodEvaluation]:
    """Evaluate under each method; return nothing where the terms have no measured objective."""
    if not any(isinstance(objective, MeasuredObjective) for objective in terms.objectives):
        return {}
    return {
        method: evaluate_period(with_budgeting_method(terms, method), period.start, period.end, evidence, days)
        for method in COMPARED_METHODS
    }


def outcomes_of_objective(evaluations: Sequence[PeriodEvaluation], objective_id: UUID) -> list[ObjectiveOutcome]:
    """Return the outcome of the objective, period by period."""
    outcomes = (outcome for evaluation in evaluations for outcome in evaluation.outcomes)
    return [outcome for outcome in outcomes if outcome.objective.id == objective_id]

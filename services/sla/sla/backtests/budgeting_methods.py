"""Evaluate terms under each of the three budgeting methods."""

from sla.agreements.objectives import BudgetingMethod, MeasuredObjective
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.period_evaluation import PeriodEvaluation, evaluate_period

COMPARED_METHODS = (BudgetingMethod.OCCURRENCES, BudgetingMethod.TIMESLICES, BudgetingMethod.RATIO_TIMESLICES)


def evaluate_by_method(
    terms: Terms, period: ReviewPeriod, evidence: PeriodEvidence
) -> dict[BudgetingMethod, PeriodEvaluation]:
    """Evaluate under each method; return nothing where the terms have no measured objective."""
    if not any(isinstance(objective, MeasuredObjective) for objective in terms.objectives):
        return {}
    return {
        method: evaluate_period(with_budgeting_method(terms, method), period.start, period.end, evidence)
        for method in COMPARED_METHODS
    }


def with_budgeting_method(terms: Terms, method: BudgetingMethod) -> Terms:
    """Return the same terms with every measured objective counted by one method."""
    objectives = tuple(
        _count_by(method, objective) if isinstance(objective, MeasuredObjective) else objective
        for objective in terms.objectives
    )
    return terms.model_copy(update={"objectives": objectives})


def _count_by(method: BudgetingMethod, objective: MeasuredObjective) -> MeasuredObjective:
    sliced = method is not BudgetingMethod.OCCURRENCES
    changes = {
        "method": method,
        "slice_target": (objective.slice_target or objective.target) if method is BudgetingMethod.TIMESLICES else None,
        "slice_minutes": objective.slice_minutes if sliced else 1,
    }
    return objective.model_copy(update=changes)

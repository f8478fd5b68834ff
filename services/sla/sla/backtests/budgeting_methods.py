"""The budgeting methods that a back-test compares, and the same terms under each of them."""

from sla.agreements.objectives import BudgetingMethod, MeasuredObjective
from sla.agreements.terms import Terms

COMPARED_METHODS = (BudgetingMethod.OCCURRENCES, BudgetingMethod.TIMESLICES, BudgetingMethod.RATIO_TIMESLICES)


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

"""One measured objective under each of the three budgeting methods, and the targets each would have kept."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple
from uuid import UUID

from sla.agreements.objectives import MeasuredObjective, Method, Objective
from sla.agreements.periods import Period
from sla.agreements.terms import Terms
from sla.compliance.evaluation import Evaluation, Outcome, Verdict, evaluate
from sla.compliance.evidence import Evidence
from sla.compliance.ratios import Ratio
from sla.compliance.windows import InForce

COMPARED = (Method.OCCURRENCES, Method.TIMESLICES, Method.RATIO_TIMESLICES)
_MOST = Fraction(95, 100)
"""Of the periods, for a target that is kept in most of them."""
JUDGED = frozenset({Verdict.MET, Verdict.MISSED})


class Ladder(NamedTuple):
    """The highest targets that were kept, in ten-thousandths of a percent; None where nothing was judged."""

    in_all: int | None
    in_most: int | None


def ladder(attained: Iterable[Ratio]) -> Ladder:
    """Of what was attained in each period that was judged."""
    ratios = sorted(attained, key=lambda one: Fraction(*one))
    if not ratios:
        return Ladder(None, None)
    missed = len(ratios) - ceil(len(ratios) * _MOST)
    return Ladder(_highest(ratios[0]), _highest(ratios[missed]))


def attained_when_judged(outcomes: Iterable[Outcome]) -> list[Ratio]:
    return [one.found.ratio for one in outcomes if one.found.ratio and one.verdict in JUDGED]


def _highest(attained: Ratio) -> int:
    """Rounded down: a target is only kept if it is reached."""
    return attained.part * 10**6 // attained.whole


def variants(terms: Terms, method: Method) -> Terms:
    """The same terms with every measured objective counted by one method."""
    return terms.model_copy(update={"objectives": tuple(_counted_by(one, method) for one in terms.objectives)})


def _counted_by(objective: Objective, method: Method) -> Objective:
    if not isinstance(objective, MeasuredObjective):
        return objective
    sliced = method is not Method.OCCURRENCES
    changes = {
        "method": method,
        "slice_target": (objective.slice_target or objective.target) if method is Method.TIMESLICES else None,
        "slice_minutes": objective.slice_minutes if sliced else 1,
    }
    return objective.model_copy(update=changes)


def by_methods(terms: Terms, period: Period, evidence: Evidence, days: InForce) -> dict[Method, Evaluation]:
    """Nothing where the terms have no measured objective."""
    if not any(isinstance(one, MeasuredObjective) for one in terms.objectives):
        return {}
    return {method: evaluate(variants(terms, method), period.start, period.end, evidence, days) for method in COMPARED}


def of_objective(evaluations: Sequence[Evaluation], objective_id: UUID) -> list[Outcome]:
    """What became of it, period by period."""
    return [one for found in evaluations for one in found.outcomes if one.objective.id == objective_id]

"""The rules of credits that new terms keep; terms that were written before are evaluated as they stand."""

from collections.abc import Iterator
from decimal import Decimal

from sla.agreements.errors import CreditsOfWholePeriod, LadderNotShared
from sla.agreements.objectives import CreditStep, IncidentObjective, Objective, VolumeObjective
from sla.agreements.terms import Terms

REMEDY = "Give the objectives credits of their own, or use credits.steps, which are points below each target."


def check_credits(terms: Terms) -> None:
    """Check that every objective can take each step of its credits, one after the other."""
    _check_shared_ladder(terms)
    for place, objective in enumerate(terms.objectives):
        is_whole = isinstance(objective, VolumeObjective) and objective.per == "period"
        if is_whole and len(terms.ladder_of(objective)) > 1:
            message = f"A period keeps to {objective.name} or does not: give it credits of its own with a single step."
            raise CreditsOfWholePeriod(message, field=f"terms.objectives.{place}.credits")


def _check_shared_ladder(terms: Terms) -> None:
    ladder = terms.credits.ladder if terms.credits else None
    sharing = [objective for objective in terms.objectives if objective.credits is None] if ladder else []
    for objective in sharing[1:]:
        for difference in _differences(sharing[0], objective, ladder or ()):
            raise LadderNotShared(f"{difference}. {REMEDY}", field="terms.credits.ladder")


def _differences(first: Objective, objective: Objective, ladder: tuple[CreditStep, ...]) -> Iterator[str]:
    """Yield in what two targets differ in kind: in what they are a percentage of, or in the least credit of a miss."""
    bases = counted_as(first), counted_as(objective)
    if bases[0] != bases[1]:
        promises = f"{_promise(first)} of {bases[0]} and {_promise(objective)} of {bases[1]}"
        yield f"One ladder of percentages cannot serve both {promises}"
    least = least_credit(first.target, ladder), least_credit(objective.target, ladder)
    if least[0] != least[1]:
        yield (
            f"On one ladder the slightest miss of {_promise(first)} owes {least[0]} % of the charge, and that of"
            f" {_promise(objective)} {least[1]} %"
        )


def counted_as(objective: Objective) -> str:
    """Name what a target is a percentage of."""
    if isinstance(objective, IncidentObjective):
        return "incidents"
    return f"{objective.per}s" if isinstance(objective, VolumeObjective) else "what is measured"


def least_credit(target: Decimal, ladder: tuple[CreditStep, ...]) -> Decimal:
    """Return what the slightest miss owes; the first step where a ladder begins below the target."""
    return max((step.percent for step in ladder if step.below >= target), default=ladder[0].percent)


def _promise(objective: Objective) -> str:
    return f"{objective.name} ({objective.target} %)"

"""Whether the availability that carriers promise adds up to the one that is promised."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from sla.agreements.objectives import MeasuredObjective, ObjectiveKind
from sla.agreements.terms import Terms
from sla.chains.bounds import Bounds, combined
from sla.chains.carriers import Carrier, Part, Year
from sla.chains.reasons import Feasibility, Reason, Subject, percent

_NOTHING = Bounds(Fraction(0), Fraction(0), Fraction(1))
"""Without a promise anything can come."""


def reasons(terms: Terms, parts: Sequence[Part], year: Year) -> Iterator[Reason]:
    promised = _promised(terms)
    for carrier in [one for part in parts for one in part.carriers] if promised else ():
        if not _promised(carrier.terms):
            sentence = f"{carrier.name} promises no availability."
            yield Reason(Subject.AVAILABILITY, Feasibility.AT_RISK, sentence, agreement_id=carrier.agreement_id)
    for objective in promised:
        yield _judged(objective, _chain(objective, terms, parts, year))


def _promised(terms: Terms) -> list[MeasuredObjective]:
    return [
        one for one in terms.objectives if isinstance(one, MeasuredObjective) and one.kind is ObjectiveKind.AVAILABILITY
    ]


def _chain(objective: MeasuredObjective, terms: Terms, parts: Sequence[Part], year: Year) -> Bounds:
    """All parts are needed; of a part so many carriers as it says."""
    shortest = min(year.amounts(terms, objective.window), default=0)
    found = []
    for part in parts:
        carriers = [_bounds(carrier, shortest, year) for carrier in part.carriers]
        found.append(combined(carriers, part.needed))
    return combined(found, len(found))


def _bounds(carrier: Carrier, shortest: int, year: Year) -> Bounds:
    """At worst all that may be bad in one of its windows, hours of ours or not, falls into the shortest of ours."""
    strictest = max(_promised(carrier.terms), key=lambda one: one.target, default=None)
    if strictest is None or not shortest:
        return _NOTHING
    share = _share(strictest.target)
    longest = max(year.amounts(carrier.terms, strictest.window), default=0)
    outage = min((1 - share) * longest / shortest, Fraction(1))
    return Bounds(worst=min(1 - outage, share), independent=share, best=share)


def _judged(objective: MeasuredObjective, chain: Bounds) -> Reason:
    target = _share(objective.target)
    figures = {
        "target": percent(target),
        "worst": percent(chain.worst),
        "independent": percent(chain.independent),
        "best": percent(chain.best),
    }
    numbers = (
        f"{percent(chain.worst)} % if outages fall as badly as the promises allow, {percent(chain.independent)} % if "
        f"they are independent, {percent(chain.best)} % if they fall as well as they can"
    )
    if chain.best < target:
        found, words = Feasibility.INFEASIBLE, "cannot be held"
    elif chain.worst >= target:
        found, words = Feasibility.FEASIBLE, "holds"
    elif chain.independent >= target:
        found, words = Feasibility.AT_RISK, "holds unless outages come at once"
    else:
        found, words = Feasibility.AT_RISK, "holds only if outages coincide"
    sentence = f"{objective.name}: {percent(target)} % {words}: the chain gives {numbers}."
    return Reason(Subject.AVAILABILITY, found, sentence, figures, objective_id=objective.id)


def _share(target: Decimal) -> Fraction:
    return Fraction(target) / 100

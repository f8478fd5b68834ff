"""Whether the availability that carriers promise adds up to the one that is promised."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from sla.agreements.objectives import MeasuredObjective, ObjectiveKind
from sla.agreements.terms import Terms
from sla.chains.bounds import Bounds, combined
from sla.chains.carriers import Carrier, Part, Year, windows
from sla.chains.reasons import Feasibility, Reason, Subject, percent, share
from sla.hours.spans import Span, total, within

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
    found = []
    for part in parts:
        carriers = [_bounds(carrier, objective, terms, year) for carrier in part.carriers]
        found.append(combined(carriers, part.needed))
    return combined(found, len(found))


def _bounds(carrier: Carrier, objective: MeasuredObjective, terms: Terms, year: Year) -> Bounds:
    strictest = max(_promised(carrier.terms), key=lambda one: one.target, default=None)
    if strictest is None:
        return _NOTHING
    promised = share(strictest.target)
    ours = year.in_service_around(terms.service_hours)
    theirs = year.in_service_around(carrier.terms.service_hours)
    outages = [
        Fraction(_outage(strictest, carrier.terms, theirs, window), amount)
        for window in windows(terms, objective.window, year.window)
        if (amount := total(within(ours, window)))
    ]
    worst = max(1 - max(outages, default=Fraction(1)), Fraction(0))
    return Bounds(min(worst, promised), promised, promised)


def _outage(promised: MeasuredObjective, terms: Terms, hours: Sequence[Span], window: Span) -> Fraction:
    """The longest there can be in the window: all that may be bad in any of theirs, in hours of ours or not, may fall
    into the part of it that lies in the window.
    """
    allowed = 1 - share(promised.target)
    return sum(
        (
            min(allowed * total(within(hours, theirs)), Fraction(total(within(hours, theirs.clipped(window)))))
            for theirs in windows(terms, promised.window, window)
        ),
        Fraction(0),
    )


def _judged(objective: MeasuredObjective, chain: Bounds) -> Reason:
    target = share(objective.target)
    figures = {
        "target": percent(target),
        "worst": percent(chain.worst),
        "independent": percent(chain.independent),
        "best": percent(chain.best),
    }
    numbers = (
        f"{percent(chain.worst)} % if outages fall as badly as the promises allow, {percent(chain.independent)} % if "
        f"they are independent, {percent(chain.best)} % if they coincide as well as they can"
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

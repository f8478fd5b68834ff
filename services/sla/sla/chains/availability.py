"""Whether the availability that carriers promise adds up to the one that is promised."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from sla.agreements.objectives import MeasuredObjective, ObjectiveKind
from sla.agreements.terms import Terms
from sla.chains.availability_bounds import AvailabilityBounds, combine_bounds
from sla.chains.reasons import Feasibility, FeasibilityReason, FeasibilitySubject, format_percent, to_share
from sla.chains.supporting_agreements import FeasibilityYear, ServicePart, SupportingAgreement, objective_windows
from sla.hours.spans import Span, clip_spans, total_length

_NOTHING = AvailabilityBounds(Fraction(0), Fraction(0), Fraction(1))
"""Without a promise anything can come."""


def availability_reasons(
    terms: Terms, parts: Sequence[ServicePart], year: FeasibilityYear
) -> Iterator[FeasibilityReason]:
    promised = _promised(terms)
    for carrier in [one for part in parts for one in part.agreements] if promised else ():
        if not _promised(carrier.terms):
            sentence = f"{carrier.name} promises no availability."
            yield FeasibilityReason(
                FeasibilitySubject.AVAILABILITY, Feasibility.AT_RISK, sentence, agreement_id=carrier.agreement_id
            )
    for objective in promised:
        yield _judged(objective, _chain(objective, terms, parts, year))


def _promised(terms: Terms) -> list[MeasuredObjective]:
    return [
        one for one in terms.objectives if isinstance(one, MeasuredObjective) and one.kind is ObjectiveKind.AVAILABILITY
    ]


def _chain(
    objective: MeasuredObjective, terms: Terms, parts: Sequence[ServicePart], year: FeasibilityYear
) -> AvailabilityBounds:
    """All parts are needed; of a part so many carriers as it says."""
    found = []
    for part in parts:
        carriers = [_bounds(carrier, objective, terms, year) for carrier in part.agreements]
        found.append(combine_bounds(carriers, part.needed))
    return combine_bounds(found, len(found))


def _bounds(
    carrier: SupportingAgreement, objective: MeasuredObjective, terms: Terms, year: FeasibilityYear
) -> AvailabilityBounds:
    strictest = max(_promised(carrier.terms), key=lambda one: one.target, default=None)
    if strictest is None:
        return _NOTHING
    promised = to_share(strictest.target)
    ours = year.service_hours_around_year(terms.service_hours)
    theirs = year.service_hours_around_year(carrier.terms.service_hours)
    outages = [
        Fraction(_outage(strictest, carrier.terms, theirs, window), amount)
        for window in objective_windows(terms, objective.window, year.window)
        if (amount := total_length(clip_spans(ours, window)))
    ]
    worst = max(1 - max(outages, default=Fraction(1)), Fraction(0))
    return AvailabilityBounds(min(worst, promised), promised, promised)


def _outage(promised: MeasuredObjective, terms: Terms, hours: Sequence[Span], window: Span) -> Fraction:
    """The longest there can be in the window: all that may be bad in any of theirs, in hours of ours or not, may fall
    into the part of it that lies in the window.
    """
    allowed = 1 - to_share(promised.target)
    return sum(
        (
            min(
                allowed * total_length(clip_spans(hours, theirs)),
                Fraction(total_length(clip_spans(hours, theirs.clipped(window)))),
            )
            for theirs in objective_windows(terms, promised.window, window)
        ),
        Fraction(0),
    )


def _judged(objective: MeasuredObjective, chain: AvailabilityBounds) -> FeasibilityReason:
    target = to_share(objective.target)
    figures = {
        "target": format_percent(target),
        "worst": format_percent(chain.worst),
        "independent": format_percent(chain.independent),
        "best": format_percent(chain.best),
    }
    numbers = (
        f"{format_percent(chain.worst)} % if outages fall as badly as the promises allow, "
        f"{format_percent(chain.independent)} % if they are independent, "
        f"{format_percent(chain.best)} % if they coincide as well as they can"
    )
    if chain.best < target:
        found, words = Feasibility.INFEASIBLE, "cannot be held"
    elif chain.worst >= target:
        found, words = Feasibility.FEASIBLE, "holds"
    elif chain.independent >= target:
        found, words = Feasibility.AT_RISK, "holds unless outages come at once"
    else:
        found, words = Feasibility.AT_RISK, "holds only if outages coincide"
    sentence = f"{objective.name}: {format_percent(target)} % {words}: the chain gives {numbers}."
    return FeasibilityReason(FeasibilitySubject.AVAILABILITY, found, sentence, figures, objective_id=objective.id)

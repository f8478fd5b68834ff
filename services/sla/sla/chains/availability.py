"""Whether the availability that supporting agreements promise adds up to the one that terms promise."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from sla.agreements.objectives import MeasuredObjective, ObjectiveKind
from sla.agreements.terms import Terms
from sla.chains.availability_bounds import AvailabilityBounds, combine_bounds
from sla.chains.feasibility_reasons import (
    Feasibility,
    FeasibilityReason,
    FeasibilitySubject,
    format_share_as_percent,
    to_share,
)
from sla.chains.supporting_agreements import FeasibilityYear, ServicePart, SupportingAgreement, objective_windows
from sla.hours.spans import Span, clip_spans, total_length

_NO_PROMISE = AvailabilityBounds(Fraction(0), Fraction(0), Fraction(1))


def availability_reasons(
    terms: Terms, parts: Sequence[ServicePart], year: FeasibilityYear
) -> Iterator[FeasibilityReason]:
    objectives = _availability_objectives(terms)
    if not objectives:
        return
    for agreement in [agreement for part in parts for agreement in part.agreements]:
        if not _availability_objectives(agreement.terms):
            sentence = f"{agreement.name} promises no availability."
            subject = FeasibilitySubject.AVAILABILITY
            yield FeasibilityReason(subject, Feasibility.AT_RISK, sentence, agreement_id=agreement.agreement_id)
    for objective in objectives:
        yield _compare(objective, _chain_bounds(objective, terms, parts, year))


def _availability_objectives(terms: Terms) -> list[MeasuredObjective]:
    return [
        objective
        for objective in terms.objectives
        if isinstance(objective, MeasuredObjective) and objective.kind is ObjectiveKind.AVAILABILITY
    ]


def _chain_bounds(
    objective: MeasuredObjective, terms: Terms, parts: Sequence[ServicePart], year: FeasibilityYear
) -> AvailabilityBounds:
    """Return the availability of the whole: all parts are needed, and of each part so many agreements as it says."""
    part_bounds = []
    for part in parts:
        agreement_bounds = [_agreement_bounds(agreement, objective, terms, year) for agreement in part.agreements]
        part_bounds.append(combine_bounds(agreement_bounds, part.needed))
    return combine_bounds(part_bounds, len(part_bounds))


def _agreement_bounds(
    agreement: SupportingAgreement, objective: MeasuredObjective, terms: Terms, year: FeasibilityYear
) -> AvailabilityBounds:
    strictest = max(_availability_objectives(agreement.terms), key=lambda promise: promise.target, default=None)
    if strictest is None:
        return _NO_PROMISE
    promised = to_share(strictest.target)
    service_hours = year.service_hours(terms.service_hours)
    support_hours = year.service_hours(agreement.terms.service_hours)
    outage_shares = [
        Fraction(_longest_outage(strictest, agreement.terms, support_hours, window), length)
        for window in objective_windows(terms, objective.window, year.window)
        if (length := total_length(clip_spans(service_hours, window)))
    ]
    worst = max(1 - max(outage_shares, default=Fraction(1)), Fraction(0))
    return AvailabilityBounds(min(worst, promised), promised, promised)


def _longest_outage(promise: MeasuredObjective, terms: Terms, support_hours: Sequence[Span], window: Span) -> Fraction:
    """Return the longest outage that the promise allows in the window.

    All that may be bad in any of the promise's own windows, in service hours or not, may fall into the part of it that
    lies in this window.
    """
    allowed = 1 - to_share(promise.target)
    return sum(
        (
            min(
                allowed * total_length(clip_spans(support_hours, promise_window)),
                Fraction(total_length(clip_spans(support_hours, promise_window.clipped(window)))),
            )
            for promise_window in objective_windows(terms, promise.window, window)
        ),
        Fraction(0),
    )


def _compare(objective: MeasuredObjective, chain: AvailabilityBounds) -> FeasibilityReason:
    target = to_share(objective.target)
    figures = {
        "target": format_share_as_percent(target),
        "worst": format_share_as_percent(chain.worst),
        "independent": format_share_as_percent(chain.independent),
        "best": format_share_as_percent(chain.best),
    }
    chain_figures = (
        f"{figures['worst']} % if outages fall as badly as the promises allow, {figures['independent']} % if "
        f"they are independent, {figures['best']} % if they coincide as well as they can"
    )
    if chain.best < target:
        feasibility, conclusion = Feasibility.INFEASIBLE, "cannot be held"
    elif chain.worst >= target:
        feasibility, conclusion = Feasibility.FEASIBLE, "holds"
    elif chain.independent >= target:
        feasibility, conclusion = Feasibility.AT_RISK, "holds unless outages come at once"
    else:
        feasibility, conclusion = Feasibility.AT_RISK, "holds only if outages coincide"
    sentence = f"{objective.name}: {figures['target']} % {conclusion}: the chain gives {chain_figures}."
    return FeasibilityReason(FeasibilitySubject.AVAILABILITY, feasibility, sentence, figures, objective_id=objective.id)

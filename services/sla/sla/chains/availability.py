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
from sla.chains.supporting_agreements import ServiceChain, SupportingAgreement, objective_windows
from sla.hours.spans import Span, clip_spans, total_length

_NO_PROMISE = AvailabilityBounds(Fraction(0), Fraction(0), Fraction(1))


def availability_reasons(chain: ServiceChain) -> Iterator[FeasibilityReason]:
    objectives = _availability_objectives(chain.terms)
    for agreement in chain.agreements if objectives else ():
        if not _availability_objectives(agreement.terms):
            sentence = f"{agreement.name} promises no availability."
            subject = FeasibilitySubject.AVAILABILITY
            yield FeasibilityReason(subject, Feasibility.AT_RISK, sentence, agreement_id=agreement.agreement_id)
    for objective in objectives:
        yield _compare(objective, _chain_bounds(objective, chain))


def _availability_objectives(terms: Terms) -> list[MeasuredObjective]:
    return [
        objective
        for objective in terms.objectives
        if isinstance(objective, MeasuredObjective) and objective.kind is ObjectiveKind.AVAILABILITY
    ]


def _chain_bounds(objective: MeasuredObjective, chain: ServiceChain) -> AvailabilityBounds:
    """Return the availability of the whole: all parts are needed, and of each part so many agreements as it says."""
    part_bounds = [
        combine_bounds([_agreement_bounds(agreement, objective, chain) for agreement in part.agreements], part.needed)
        for part in chain.parts
    ]
    return combine_bounds(part_bounds, len(part_bounds))


def _agreement_bounds(
    agreement: SupportingAgreement, objective: MeasuredObjective, chain: ServiceChain
) -> AvailabilityBounds:
    strictest = max(_availability_objectives(agreement.terms), key=lambda promise: promise.target, default=None)
    if strictest is None:
        return _NO_PROMISE
    promised = to_share(strictest.target)
    service_hours = chain.service_hours(chain.terms.service_hours)
    support_hours = chain.service_hours(agreement.terms.service_hours)
    outage_shares = [
        Fraction(_longest_outage(strictest, agreement.terms, support_hours, window), length)
        for window in objective_windows(chain.terms, objective.window, chain.year)
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
    outages = (
        min(
            allowed * total_length(clip_spans(support_hours, promise_window)),
            Fraction(total_length(clip_spans(support_hours, promise_window.clipped(window)))),
        )
        for promise_window in objective_windows(terms, promise.window, window)
    )
    return sum(outages, Fraction(0))


def _compare(objective: MeasuredObjective, chain: AvailabilityBounds) -> FeasibilityReason:
    target = to_share(objective.target)
    shares = {"target": target, "worst": chain.worst, "independent": chain.independent, "best": chain.best}
    figures = {name: format_share_as_percent(share) for name, share in shares.items()}
    if chain.best < target:
        feasibility, conclusion = Feasibility.INFEASIBLE, "cannot be held"
    elif chain.worst >= target:
        feasibility, conclusion = Feasibility.FEASIBLE, "holds"
    elif chain.independent >= target:
        feasibility, conclusion = Feasibility.AT_RISK, "holds unless outages come at once"
    else:
        feasibility, conclusion = Feasibility.AT_RISK, "holds only if outages coincide"
    sentence = (
        f"{objective.name}: {figures['target']} % {conclusion}: the chain gives {figures['worst']} % if outages fall "
        f"as badly as the promises allow, {figures['independent']} % if they are independent, {figures['best']} % if "
        "they coincide as well as they can."
    )
    return FeasibilityReason(FeasibilitySubject.AVAILABILITY, feasibility, sentence, figures, objective_id=objective.id)

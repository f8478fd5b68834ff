"""Whether incidents can be answered and resolved in time by supporting agreements, each with its own calendar."""

from collections.abc import Iterator, Sequence

from sla.agreements.objectives import IncidentObjective, ObjectiveKind
from sla.chains.calendar_conversion import ElapsedRange, compute_elapsed_range
from sla.chains.feasibility_reasons import Feasibility, FeasibilityReason, FeasibilitySubject, format_hours
from sla.chains.supporting_agreements import ServiceChain, ServicePart, SupportingAgreement
from sla.hours.spans import Span


def incident_time_reasons(chain: ServiceChain) -> Iterator[FeasibilityReason]:
    for objective in chain.terms.objectives:
        if isinstance(objective, IncidentObjective):
            for priority in objective.priorities:
                yield from _weaker_promises(objective, priority, chain)
                yield from _compare(objective, priority, chain)


def _compare(objective: IncidentObjective, priority: int, chain: ServiceChain) -> Iterator[FeasibilityReason]:
    """Compare the time allowed with the slowest part at best, and with all parts one after the other at worst."""
    if objective.within is None or any(_has_promise_in_days(part, objective.kind, priority) for part in chain.parts):
        yield _not_compared(objective, priority)
        return
    service_hours = chain.service_hours(objective.hours or chain.terms.service_hours)
    part_ranges = [_part_range(part, objective.kind, priority, service_hours, chain) for part in chain.parts]
    promised_ranges = [elapsed for elapsed in part_ranges if elapsed is not None]
    if not promised_ranges:
        return
    best = max(elapsed.shortest for elapsed in promised_ranges)
    worst = sum(elapsed.longest for elapsed in promised_ranges)
    if best > objective.within:
        feasibility, conclusion = Feasibility.INFEASIBLE, "cannot be held"
    elif worst <= objective.within:
        feasibility, conclusion = Feasibility.FEASIBLE, "holds"
    else:
        feasibility = Feasibility.AT_RISK
        conclusion = "holds only if an incident needs few hands, at a good time of their day"
    hours = {"within": format_hours(objective.within), "best": format_hours(best), "worst": format_hours(worst)}
    sentence = (
        f"{objective.name}: {hours['within']} hours for priority {priority} {conclusion}: on this clock the chain "
        f"takes {hours['best']} hours at best, and {hours['worst']} if it goes through all parts at the worst time."
    )
    subject, figures = FeasibilitySubject(objective.kind), {"priority": str(priority), **hours}
    yield FeasibilityReason(subject, feasibility, sentence, figures, objective_id=objective.id)


def _not_compared(objective: IncidentObjective, priority: int) -> FeasibilityReason:
    sentence = (
        f"{objective.name}: times in business days are not compared. Compare {objective.allowed} for priority "
        f"{priority} with what the supporting agreements promise."
    )
    return FeasibilityReason(
        FeasibilitySubject(objective.kind), Feasibility.UNKNOWN, sentence, {}, objective_id=objective.id
    )


def _weaker_promises(objective: IncidentObjective, priority: int, chain: ServiceChain) -> Iterator[FeasibilityReason]:
    """Yield a reason for each agreement that promises nothing, or a smaller share of the incidents."""
    subject, kind = FeasibilitySubject(objective.kind), objective.kind.replace("_", " ")
    for agreement in chain.agreements:
        promise = _strictest_promise(agreement, objective.kind, priority)
        if promise is None and objective.kind is ObjectiveKind.RESOLUTION_TIME:
            sentence = f"{agreement.name} promises no {kind} for priority {priority}."
        elif promise is not None and promise.target < objective.target:
            sentence = (
                f"{agreement.name} keeps its {kind} for priority {priority} in {promise.target} % of the incidents, "
                f"{objective.name} is promised for {objective.target} %."
            )
        else:
            continue
        yield FeasibilityReason(subject, Feasibility.AT_RISK, sentence, {}, agreement.agreement_id, objective.id)


def _strictest_promise(agreement: SupportingAgreement, kind: ObjectiveKind, priority: int) -> IncidentObjective | None:
    promises = [
        objective
        for objective in agreement.terms.objectives
        if isinstance(objective, IncidentObjective) and objective.kind is kind and priority in objective.priorities
    ]
    return min(promises, key=_strictness, default=None)


def _strictness(promise: IncidentObjective) -> tuple[bool, int]:
    """Order promises from the strictest on; those in business days come after those in service time."""
    return promise.within is None, promise.within or promise.within_business_days or 0


def _has_promise_in_days(part: ServicePart, kind: ObjectiveKind, priority: int) -> bool:
    promises = (_strictest_promise(agreement, kind, priority) for agreement in part.agreements)
    return any(promise is not None and promise.within is None for promise in promises)


def _part_range(
    part: ServicePart, kind: ObjectiveKind, priority: int, service_hours: Sequence[Span], chain: ServiceChain
) -> ElapsedRange | None:
    """Return the times of a part, any of whose agreements may be called; None when none promises a time."""
    ranges = []
    for agreement in part.agreements:
        promise = _strictest_promise(agreement, kind, priority)
        if promise is not None and promise.within is not None:
            support_hours = chain.service_hours(promise.hours or agreement.terms.service_hours)
            if elapsed := compute_elapsed_range(promise.within, support_hours, service_hours, chain.year):
                ranges.append(elapsed)
    shortest, longest = (elapsed.shortest for elapsed in ranges), (elapsed.longest for elapsed in ranges)
    return ElapsedRange(min(shortest), max(longest)) if ranges else None

"""Whether incidents can be answered and resolved in time by supporting agreements, each with its own calendar."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sla.agreements.objectives import IncidentObjective, ObjectiveKind
from sla.agreements.terms import Terms
from sla.chains.calendar_conversion import ElapsedRange, compute_elapsed_range
from sla.chains.feasibility_reasons import Feasibility, FeasibilityReason, FeasibilitySubject, format_hours
from sla.chains.supporting_agreements import FeasibilityYear, ServicePart, SupportingAgreement
from sla.hours.spans import Span

PromisesByAgreement = dict[UUID, IncidentObjective | None]
"""What each supporting agreement promises for one priority."""


def incident_time_reasons(
    terms: Terms, parts: Sequence[ServicePart], year: FeasibilityYear
) -> Iterator[FeasibilityReason]:
    for objective in terms.objectives:
        if isinstance(objective, IncidentObjective):
            service_hours = year.service_hours(objective.hours or terms.service_hours)
            for priority in objective.priorities:
                yield from _objective_reasons(objective, priority, parts, service_hours, year)


def _objective_reasons(
    objective: IncidentObjective,
    priority: int,
    parts: Sequence[ServicePart],
    service_hours: Sequence[Span],
    year: FeasibilityYear,
) -> Iterator[FeasibilityReason]:
    agreements = [agreement for part in parts for agreement in part.agreements]
    promises = {
        agreement.agreement_id: _strictest_promise(agreement, objective.kind, priority) for agreement in agreements
    }
    yield from _weaker_promises(objective, priority, agreements, promises)
    part_ranges = [_part_range(part, promises, service_hours, year) for part in parts]
    promised_ranges = [elapsed for elapsed in part_ranges if elapsed is not None]
    if promised_ranges:
        best = max(elapsed.shortest for elapsed in promised_ranges)
        worst = sum(elapsed.longest for elapsed in promised_ranges)
        yield _compare(objective, priority, best, worst)


def _compare(objective: IncidentObjective, priority: int, best: int, worst: int) -> FeasibilityReason:
    figures = {
        "priority": str(priority),
        "within": format_hours(objective.within),
        "best": format_hours(best),
        "worst": format_hours(worst),
    }
    if best > objective.within:
        feasibility, conclusion = Feasibility.INFEASIBLE, "cannot be held"
    elif worst <= objective.within:
        feasibility, conclusion = Feasibility.FEASIBLE, "holds"
    else:
        feasibility = Feasibility.AT_RISK
        conclusion = "holds only if an incident needs few hands, at a good time of their day"
    sentence = (
        f"{objective.name}: {figures['within']} hours for priority {priority} {conclusion}: on this clock "
        f"the chain takes {figures['best']} hours at best, and {figures['worst']} if it goes through all parts "
        "at the worst time."
    )
    subject = FeasibilitySubject(objective.kind)
    return FeasibilityReason(subject, feasibility, sentence, figures, objective_id=objective.id)


def _weaker_promises(
    objective: IncidentObjective,
    priority: int,
    agreements: Sequence[SupportingAgreement],
    promises: PromisesByAgreement,
) -> Iterator[FeasibilityReason]:
    """Yield a reason for each agreement that promises nothing, or a smaller share of the incidents."""
    subject, kind = FeasibilitySubject(objective.kind), objective.kind.replace("_", " ")
    for agreement in agreements:
        promise = promises[agreement.agreement_id]
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
    return min(promises, key=lambda promise: promise.within, default=None)


def _part_range(
    part: ServicePart, promises: PromisesByAgreement, service_hours: Sequence[Span], year: FeasibilityYear
) -> ElapsedRange | None:
    """Return the times of a part, any of whose agreements may be called; None when none promises a time."""
    ranges = []
    for agreement in part.agreements:
        if (promise := promises[agreement.agreement_id]) is not None:
            support_hours = year.service_hours(promise.hours or agreement.terms.service_hours)
            ranges.append(compute_elapsed_range(promise.within, support_hours, service_hours, year.window))
    finite_ranges = [elapsed for elapsed in ranges if elapsed is not None]
    if not finite_ranges:
        return None
    return ElapsedRange(
        min(elapsed.shortest for elapsed in finite_ranges), max(elapsed.longest for elapsed in finite_ranges)
    )

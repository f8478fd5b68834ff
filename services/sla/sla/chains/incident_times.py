"""Whether incidents can be answered and resolved in time by those whose help it takes, each on the clock of its own."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from sla.agreements.objectives import IncidentObjective, ObjectiveKind
from sla.agreements.terms import Terms
from sla.chains.calendar_conversion import ElapsedRange, compute_elapsed_range
from sla.chains.reasons import Feasibility, FeasibilityReason, FeasibilitySubject, format_hours
from sla.chains.supporting_agreements import FeasibilityYear, ServicePart, SupportingAgreement
from sla.hours.spans import Span

PromisesByAgreement = dict[UUID, IncidentObjective | None]
"""What each carrier promises for one priority."""


class _Help(NamedTuple):
    """What the carriers of one part promise for one priority."""

    fastest: int
    slowest: int


def incident_time_reasons(
    terms: Terms, parts: Sequence[ServicePart], year: FeasibilityYear
) -> Iterator[FeasibilityReason]:
    for objective in terms.objectives:
        if isinstance(objective, IncidentObjective):
            clock = _Clock(year, year.service_hours_beyond_year(objective.hours or terms.service_hours))
            for priority in objective.priorities:
                yield from _of(objective, priority, parts, clock)


class _Clock:
    """What the carriers promise, as it passes on the clock of one objective."""

    def __init__(self, year: FeasibilityYear, seen_on: Sequence[Span]) -> None:
        self.year, self.seen_on = year, seen_on
        self._known: dict[tuple[UUID, UUID], ElapsedRange | None] = {}

    def passing(self, carrier: SupportingAgreement, promise: IncidentObjective) -> ElapsedRange | None:
        key = carrier.agreement_id, promise.id
        if key not in self._known:
            on = self.year.service_hours_beyond_year(promise.hours or carrier.terms.service_hours)
            self._known[key] = compute_elapsed_range(promise.within, on, self.seen_on, self.year.window)
        return self._known[key]


def _of(
    objective: IncidentObjective, priority: int, parts: Sequence[ServicePart], clock: _Clock
) -> Iterator[FeasibilityReason]:
    subject = FeasibilitySubject(objective.kind)
    carriers = [one for part in parts for one in part.agreements]
    promises = {one.agreement_id: _promise(one, objective.kind, priority) for one in carriers}
    yield from _weaker(objective, priority, parts, promises)
    found = [_help(part, promises, clock) for part in parts]
    helps = [one for one in found if one is not None]
    if not helps:
        return
    best, worst = max(one.fastest for one in helps), sum(one.slowest for one in helps)
    figures = {
        "priority": str(priority),
        "within": format_hours(objective.within),
        "best": format_hours(best),
        "worst": format_hours(worst),
    }
    if best > objective.within:
        verdict, words = Feasibility.INFEASIBLE, "cannot be held"
    elif worst <= objective.within:
        verdict, words = Feasibility.FEASIBLE, "holds"
    else:
        verdict, words = Feasibility.AT_RISK, "holds only if an incident needs few hands, at a good time of their day"
    sentence = (
        f"{objective.name}: {format_hours(objective.within)} hours for priority {priority} {words}: on this clock "
        f"the chain takes {format_hours(best)} hours at best, and {format_hours(worst)} if it goes through all parts "
        "at the worst time."
    )
    yield FeasibilityReason(subject, verdict, sentence, figures, objective_id=objective.id)


def _weaker(
    objective: IncidentObjective,
    priority: int,
    parts: Sequence[ServicePart],
    promises: PromisesByAgreement,
) -> Iterator[FeasibilityReason]:
    """Carriers that promise nothing, or a smaller share."""
    subject, what = FeasibilitySubject(objective.kind), objective.kind.replace("_", " ")
    for carrier in [one for part in parts for one in part.agreements]:
        promise = promises[carrier.agreement_id]
        if promise is None and objective.kind is ObjectiveKind.RESOLUTION_TIME:
            sentence = f"{carrier.name} promises no {what} for priority {priority}."
        elif promise is not None and promise.target < objective.target:
            sentence = (
                f"{carrier.name} keeps its {what} for priority {priority} in {promise.target} % of the incidents, "
                f"{objective.name} is promised for {objective.target} %."
            )
        else:
            continue
        yield FeasibilityReason(subject, Feasibility.AT_RISK, sentence, {}, carrier.agreement_id, objective.id)


def _promise(carrier: SupportingAgreement, kind: ObjectiveKind, priority: int) -> IncidentObjective | None:
    """The strictest."""
    found = [
        one
        for one in carrier.terms.objectives
        if isinstance(one, IncidentObjective) and one.kind is kind and priority in one.priorities
    ]
    return min(found, key=lambda one: one.within, default=None)


def _help(part: ServicePart, promises: PromisesByAgreement, clock: _Clock) -> _Help | None:
    """Of carriers that stand in for each other any may be called."""
    promised = [(carrier, promises[carrier.agreement_id]) for carrier in part.agreements]
    passed = [clock.passing(carrier, promise) for carrier, promise in promised if promise is not None]
    found = [one for one in passed if one is not None]
    if not found:
        return None
    return _Help(min(one.shortest for one in found), max(one.longest for one in found))

"""Whether incidents can be answered and resolved in time by those whose help it takes, each on the clock of its own."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sla.agreements.objectives import IncidentObjective, ObjectiveKind
from sla.agreements.terms import Terms
from sla.chains.carriers import Carrier, Part, Year
from sla.chains.handover import Passing, passing
from sla.chains.reasons import Feasibility, Reason, Subject, hours


class _Help(NamedTuple):
    """What the carriers of one part promise for one priority."""

    fastest: int
    slowest: int


def reasons(terms: Terms, parts: Sequence[Part], year: Year) -> Iterator[Reason]:
    for objective in terms.objectives:
        if isinstance(objective, IncidentObjective):
            for priority in objective.priorities:
                yield from _of(objective, priority, terms, parts, year)


def _of(
    objective: IncidentObjective, priority: int, terms: Terms, parts: Sequence[Part], year: Year
) -> Iterator[Reason]:
    subject = Subject(objective.kind)
    promises = {id(one): _promise(one, objective.kind, priority) for part in parts for one in part.carriers}
    yield from _weaker(objective, priority, parts, promises)
    found = [_help(objective, terms, part, promises, year) for part in parts]
    helps = [one for one in found if one is not None]
    if not helps:
        return
    best, worst = max(one.fastest for one in helps), sum(one.slowest for one in helps)
    figures = {"priority": str(priority), "within": hours(objective.within), "best": hours(best), "worst": hours(worst)}
    if best > objective.within:
        verdict, words = Feasibility.INFEASIBLE, "cannot be held"
    elif worst <= objective.within:
        verdict, words = Feasibility.FEASIBLE, "holds"
    else:
        verdict, words = Feasibility.AT_RISK, "holds only if an incident needs few hands, at a good time of their day"
    sentence = (
        f"{objective.name}: {hours(objective.within)} hours for priority {priority} {words}: on this clock the chain "
        f"takes {hours(best)} hours at best, and {hours(worst)} if it goes through all parts at the worst time."
    )
    yield Reason(subject, verdict, sentence, figures, objective_id=objective.id)


def _weaker(
    objective: IncidentObjective,
    priority: int,
    parts: Sequence[Part],
    promises: dict[int, IncidentObjective | None],
) -> Iterator[Reason]:
    """Carriers that promise nothing, or a smaller share."""
    subject, what = Subject(objective.kind), objective.kind.replace("_", " ")
    for carrier in [one for part in parts for one in part.carriers]:
        promise = promises[id(carrier)]
        if promise is None and objective.kind is ObjectiveKind.RESOLUTION_TIME:
            sentence = f"{carrier.name} promises no {what} for priority {priority}."
        elif promise is not None and promise.target < objective.target:
            sentence = (
                f"{carrier.name} keeps its {what} for priority {priority} in {promise.target} % of the incidents, "
                f"{objective.name} is promised for {objective.target} %."
            )
        else:
            continue
        yield Reason(subject, Feasibility.AT_RISK, sentence, {}, carrier.agreement_id, objective.id)


def _promise(carrier: Carrier, kind: ObjectiveKind, priority: int) -> IncidentObjective | None:
    """The strictest."""
    found = [
        one
        for one in carrier.terms.objectives
        if isinstance(one, IncidentObjective) and one.kind is kind and priority in one.priorities
    ]
    return min(found, key=lambda one: one.within, default=None)


def _help(
    objective: IncidentObjective,
    terms: Terms,
    part: Part,
    promises: dict[int, IncidentObjective | None],
    year: Year,
) -> _Help | None:
    """As time passes on the clock of the objective. Of carriers that stand in for each other any may be called."""
    seen_on = year.in_service_beyond(objective.hours or terms.service_hours)
    found: list[Passing] = []
    for carrier in part.carriers:
        promise = promises[id(carrier)]
        if promise is not None:
            on = year.in_service_beyond(promise.hours or carrier.terms.service_hours)
            passed = passing(promise.within, on, seen_on, year.window)
            found += [passed] if passed else []
    if not found:
        return None
    return _Help(min(one.shortest for one in found), max(one.longest for one in found))

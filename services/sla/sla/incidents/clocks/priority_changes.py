"""What a change of priority, a move or a reopening does to a clock: whether it applies, and since when it counts."""

# - An objective applies while the incident has one of its priorities. By the policy `keep`, the priority of the opening
#   decides for good; else the clock of one objective is released, and that of another one takes over.
# - It applies while the incident concerns what the agreement is about: a move releases the clocks of one agreement, and
#   those of another one take over.
# - A clock for the next answer lives in one turn: it counts from the message, and is stopped by its answer.
# - Counting begins at the opening, also over time that was spent under another priority or agreement. By the policy
#   `restart`, it begins anew at a change of priority, or at a reopening.

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from sla.agreements.terms import PriorityChange, Reopening
from sla.hours.spans import NEVER
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.history import IncidentEventKind, IncidentPhase


class ClockInterval(NamedTuple):
    """A time in which the clock was not stopped, and in which its objective applied or did not."""

    start: int
    end: int
    """NEVER while it lasts."""
    counted_from: int
    is_applicable: bool
    """Whether the objective is made for the priority, and the agreement about what the incident concerns."""


def compute_intervals(context: ClockContext) -> list[ClockInterval]:
    """Return the intervals, oldest first; empty ones are left out, unless the clock was stopped at once."""
    merged: list[ClockInterval] = []
    for interval in _intervals_by_phase(context, context.phases):
        if merged and merged[-1].end == interval.start and merged[-1][2:] == interval[2:]:
            merged[-1] = merged[-1]._replace(end=interval.end)
        else:
            merged.append(interval)
    followed = pairwise([*merged, ClockInterval(NEVER, NEVER, NEVER, is_applicable=False)])
    return [interval for interval, after in followed if interval.start < interval.end or interval.end < after.start]


def _intervals_by_phase(context: ClockContext, phases: Sequence[IncidentPhase]) -> Iterator[ClockInterval]:
    terms, scope = context.terms, context.scope
    counted_from = phases[0].start if phases else 0
    restarts = {
        IncidentEventKind.OPENED: True,
        IncidentEventKind.REOPENED: terms.policy.reopening is Reopening.RESTART,
        IncidentEventKind.PRIORITY_CHANGED: terms.policy.priority_change is PriorityChange.RESTART,
    }
    for phase in phases:
        if restarts.get(phase.begun_by, False):
            counted_from = phase.start
        if not (phase.is_acknowledged if terms.is_response else phase.is_resolved):
            keeps_priority = terms.policy.priority_change is PriorityChange.KEEP
            priority = context.history.phases[0].priority if keeps_priority else phase.priority
            is_applicable = priority in terms.objective.priorities and (scope is None or scope.covers(phase.subject))
            yield ClockInterval(phase.start, phase.end, counted_from, is_applicable)

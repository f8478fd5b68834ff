"""What a change of priority, a move or a reopening does to a clock: whether it applies, and since when it counts."""

# - An objective applies while the incident has one of its priorities. By the policy `keep`, the priority of the opening
#   decides for good; else the clock of one objective is released, and that of another one takes over.
# - It applies while the incident concerns what the agreement is about: a move releases the clocks of one agreement, and
#   those of another one take over.
# - A clock for the next answer lives in one turn: it counts from the message, and is stopped by its answer.
# - Counting begins at the opening, also over time that was spent under another priority or agreement. By the policy
#   `restart`, it begins anew at a change of priority, or at a reopening.

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from sla.agreements.terms import PriorityChange, Reopening
from sla.hours.spans import NEVER
from sla.incidents.clocks.agreement_scope import AgreementScope
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.history import IncidentEventKind, IncidentHistory, IncidentPhase, IncidentTurn


class ClockInterval(NamedTuple):
    """A time in which the clock was not stopped, and in which its objective applied or did not."""

    start: int
    end: int
    """NEVER while it lasts."""
    counted_from: int
    is_applicable: bool
    """Whether the objective is made for the priority, and the agreement about what the incident concerns."""


def compute_intervals(
    history: IncidentHistory,
    terms: ClockTerms,
    scope: AgreementScope | None = None,
    turn: IncidentTurn | None = None,
) -> list[ClockInterval]:
    """Return the intervals, oldest first; empty ones are left out, unless the clock was stopped at once."""
    merged: list[ClockInterval] = []
    phases = _phases_of_turn(history, turn) if terms.is_next_answer else history.phases
    for interval in _intervals_by_phase(history, phases, terms, scope):
        if merged and merged[-1].end == interval.start and merged[-1][2:] == interval[2:]:
            merged[-1] = merged[-1]._replace(end=interval.end)
        else:
            merged.append(interval)
    followed = pairwise([*merged, ClockInterval(NEVER, NEVER, NEVER, is_applicable=False)])
    return [interval for interval, after in followed if interval.start < interval.end or interval.end < after.start]


def _phases_of_turn(history: IncidentHistory, turn: IncidentTurn | None) -> list[IncidentPhase]:
    if turn is None:
        return []
    phases = history.phases[turn.first_phase : turn.phase_count]
    return [phase._replace(start=max(phase.start, turn.start), end=min(phase.end, turn.end)) for phase in phases]


def _intervals_by_phase(
    history: IncidentHistory, phases: Sequence[IncidentPhase], terms: ClockTerms, scope: AgreementScope | None
) -> list[ClockInterval]:
    intervals = []
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
            priority = history.phases[0].priority if keeps_priority else phase.priority
            is_applicable = priority in terms.objective.priorities and (scope is None or scope.covers(phase.subject))
            intervals.append(ClockInterval(phase.start, phase.end, counted_from, is_applicable))
    return intervals

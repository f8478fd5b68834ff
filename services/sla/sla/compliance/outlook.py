"""An open period: what was attained to date, what can still come of it, and how fast its error budget is spent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from sla.agreements.objectives import Method, Missing
from sla.agreements.terms import Terms
from sla.compliance.assessment import assess_minutes
from sla.compliance.budget import affordable, burn_rate
from sla.compliance.evaluation import Evaluation, Outcome, Window, assess, evaluate, promise_of, window_of
from sla.compliance.ratios import Ratio
from sla.hours.spans import MINUTE
from sla.measurements.minutes import Minutes, State

LOOKBACKS = {"PT1H": 60, "PT6H": 360, "PT24H": 1440, "PT72H": 4320}
"""Minutes: the long windows of burn rate alerts."""


@dataclass(frozen=True, slots=True)
class Prospect:
    outcome: Outcome
    """To date."""
    if_perfect: Ratio | None
    """What the whole period attains if nothing more goes wrong, and as much as now is measured."""
    affordable_minutes: int | None
    """More of them bad, and the target is lost; negative once it is. None where minutes do not decide alone."""
    burn_rates: dict[str, Ratio | None]
    """By lookback; None where nothing was measured in it, or the target leaves no budget."""


@dataclass(frozen=True, slots=True)
class Outlook:
    to_date: Evaluation
    prospects: list[Prospect]


def outlook(terms: Terms, start: datetime, until: datetime, end: datetime, minutes: Mapping[UUID, Minutes]) -> Outlook:
    """`minutes`: by indicator, those from `start` to `until`, in a period that ends at `end`."""
    to_date, whole = evaluate(terms, start, until, minutes), window_of(terms, start, end)
    prospects = [
        _prospect(outcome, to_date.window, whole, minutes[outcome.objective.indicator_id])
        for outcome in to_date.outcomes
    ]
    return Outlook(to_date, prospects)


def _prospect(outcome: Outcome, so_far: Window, whole: Window, minutes: Minutes) -> Prospect:
    return Prospect(
        outcome,
        _if_perfect(outcome, whole, minutes),
        _affordable(outcome, whole),
        {name: _burn_rate(outcome, so_far, minutes, length) for name, length in LOOKBACKS.items()},
    )


def _if_perfect(outcome: Outcome, whole: Window, minutes: Minutes) -> Ratio | None:
    to_come = len(whole) - len(minutes)
    if outcome.objective.method is Method.OCCURRENCES:
        return _events_if_perfect(outcome, int(np.count_nonzero(whole.in_service[len(minutes) :])), minutes, whole)
    ones = np.ones(to_come, dtype=np.int64)
    return assess_minutes(
        promise_of(outcome.objective),
        np.concatenate((minutes.good, ones)),
        np.concatenate((minutes.total, ones)),
        np.concatenate((minutes.state != State.UNKNOWN, ones > 0)),
        whole.in_service,
        np.zeros(len(whole), dtype=np.bool_),
    ).ratio


def _events_if_perfect(outcome: Outcome, to_come: int, minutes: Minutes, whole: Window) -> Ratio | None:
    """With as many events per minute as have been measured so far."""
    found = outcome.found
    known = (minutes.state != State.UNKNOWN) & whole.in_service[: len(minutes)]
    measured = int(np.count_nonzero(known))
    if not found.in_scope:
        return Ratio(1, 1) if to_come else None
    good = (found.in_scope - found.bad) * measured
    return Ratio(good + found.in_scope * to_come, found.in_scope * (measured + to_come))


def _affordable(outcome: Outcome, whole: Window) -> int | None:
    objective, found = outcome.objective, outcome.found
    if objective.method not in (Method.TIME, Method.TIMESLICES):
        return None
    unit = MINUTE if objective.method is Method.TIME else 1
    bad, unknown, in_scope = found.bad // unit, found.unknown // unit, int(np.count_nonzero(whole.in_service))
    if objective.missing is Missing.IGNORE:
        in_scope -= unknown
    elif objective.missing is Missing.BAD:
        bad += unknown
    return affordable(promise_of(objective).target, in_scope, bad)


def _burn_rate(outcome: Outcome, so_far: Window, minutes: Minutes, length: int) -> Ratio | None:
    last = slice(max(len(so_far) - length, 0), None)
    window = Window(so_far.start, so_far.end, so_far.in_service[last], 0, 0)
    recent = Minutes(so_far.start, minutes.good[last], minutes.total[last], minutes.state[last])
    ratio, target = assess(outcome.objective, recent, window).ratio, outcome.found.target
    return burn_rate(ratio, target) if ratio and target < 1 else None

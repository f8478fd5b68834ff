"""Estimate how likely a window ends in breach: how often it would, if what is left of it went as it did before."""

# The measured days follow each other as they did, from each of them on as many as are to come; after the last one comes
# the first. So bad days that come together stay together, and the same question gets the same answer. What a day held
# per minute of service is carried over to the day it stands for. It is an estimate, so unlike a verdict it may use
# floats.

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sla.agreements.objectives import BudgetingMethod, MeasuredObjective, MissingData
from sla.compliance.evaluation.assessment import Assessment, Mask, count_true
from sla.compliance.evaluation.evaluation_context import MeasuredWindow
from sla.compliance.evaluation.evidence import IndicatorObjective
from sla.compliance.evaluation.windows import find_unit_starts

MIN_DAYS = 14
"""From fewer days there is no estimate."""
LOOKBACK_DAYS = 91
_TOLERANCE = 1e-9
_MINUTES_PER_DAY = 1440


@dataclass(frozen=True, slots=True)
class BreachRisk:
    probability: Decimal
    days: int
    """Days with service that it is estimated from."""


def estimate_breach_risk(window: MeasuredWindow, past: MeasuredWindow) -> BreachRisk | None:
    """Estimate for a window that is measured up to now, from whole days of the past; None if they are too few."""
    rates = np.array(list(_rates_of_days(past)))
    if len(rates) < MIN_DAYS:
        return None
    to_date = window.assess()
    minutes_to_come = _minutes_of_days(window.scope_to_come)
    stretches = (np.arange(len(rates))[:, None] + np.arange(len(minutes_to_come))) % len(rates)
    to_come = (rates[stretches] * minutes_to_come[:, None]).sum(axis=1)
    bad, total = (_bad_and_total(window.objective, to_date) + to_come).T
    breaches = count_true(bad > total * float(1 - to_date.target) + _TOLERANCE)
    return BreachRisk(Decimal(-(-breaches * 10_000 // len(rates))).scaleb(-4), len(rates))


def _rates_of_days(past: MeasuredWindow) -> Iterator[NDArray[np.float64]]:
    """Yield what was bad, and all that counted, per minute of each local day on which anything counted."""
    scope, starts = past.scope, find_unit_starts(past.window, "day").tolist()
    for first, after in pairwise([*starts, len(scope)]):
        day = slice(first, after)
        if minutes := count_true(scope[day]):
            amounts = _bad_and_total(past.objective, past.assess_part(day))
            if amounts[1]:
                yield amounts / minutes


def _bad_and_total(objective: IndicatorObjective, assessment: Assessment) -> NDArray[np.float64]:
    """Return amounts of events, or of minutes or slices, with those that are missing as agreed."""
    ratio, total = assessment.ratio, assessment.in_scope
    if ratio is None:
        return np.zeros(2)
    if isinstance(objective, MeasuredObjective) and objective.missing is MissingData.IGNORE:
        total -= assessment.unknown if objective.method is not BudgetingMethod.OCCURRENCES else 0
    return np.array([ratio.complement.numerator / ratio.denominator * total, total])


def _minutes_of_days(to_come: Mask) -> NDArray[np.int64]:
    """Return the minutes that count on each day to come that has any. A day is 24 hours from now on."""
    starts = np.arange(0, len(to_come), _MINUTES_PER_DAY)
    minutes = np.add.reduceat(to_come, starts, dtype=np.int64) if len(starts) else np.zeros(0, np.int64)
    with_service: NDArray[np.int64] = minutes[minutes > 0]
    return with_service

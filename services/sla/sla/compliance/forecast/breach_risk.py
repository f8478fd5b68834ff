"""Estimate how likely a window ends in breach, by drawing what is left of it from the days that were measured."""

# A block bootstrap: days with service in them are drawn in blocks of seven in a row, since days that follow each other
# resemble each other and weeks have a shape. What a day held per minute of service is carried over to the day it stands
# for. It is an estimate, so unlike a verdict it may use floats; the generator is seeded with the objective and the
# instant, so the same question gets the same answer.

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sla.agreements.objectives import LimitDirection
from sla.compliance.evaluation.assessment import Assessment, Mask
from sla.compliance.evaluation.objective_kinds import VolumeUnits
from sla.compliance.evaluation.ratios import percent_to_fraction

BLOCK_DAYS = 7
REPLICATES = 2000
MIN_DAYS = 14
"""Two blocks: from fewer days there is no estimate."""
LOOKBACK_DAYS = 91
_TOLERANCE = 1e-9
_MINUTES_PER_DAY = 1440

Draws = NDArray[np.int64]
DrawnAmounts = NDArray[np.float64]


class RiskAmounts(NamedTuple):
    """Amounts that a share is taken of: minutes, slices, events, observations or hours."""

    bad: float
    total: float

    @classmethod
    def from_assessment(cls, assessment: Assessment, total: int) -> "RiskAmounts":
        ratio = assessment.ratio
        return cls(ratio.complement.numerator / ratio.denominator * total, total) if ratio else cls(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class BreachRisk:
    probability: Decimal
    days: int
    """Days with service that were drawn from."""
    replicates: int = REPLICATES
    block_days: int = BLOCK_DAYS


def compute_day_rates(
    day_starts: Sequence[int], scope: Mask, assess_day: Callable[[slice], RiskAmounts]
) -> list[RiskAmounts]:
    """Return the amounts per minute of service, of each day with service of which something counts.

    `day_starts`: where local days begin, in minutes from the start of the past that `scope` describes.
    """
    rates = []
    for day, service in _days_with_minutes(day_starts, scope):
        amounts = assess_day(day)
        if amounts.total:
            rates.append(RiskAmounts(amounts.bad / service, amounts.total / service))
    return rates


def compute_day_event_rates(day_starts: Sequence[int], measured: Mask, events: NDArray[np.int64]) -> list[float]:
    """Return the events per minute that counts and was measured, of each day that has any."""
    days = _days_with_minutes(day_starts, measured)
    return [int(events[day][measured[day]].sum()) / minutes for day, minutes in days]


def estimate_breach_risk(
    target: Fraction, to_date: RiskAmounts, to_come: Mask, days: Sequence[RiskAmounts], seed: str
) -> BreachRisk | None:
    """Estimate for a share that is summed up over days; None if there are too few days.

    `to_come`: which of the minutes after now count.
    """
    if len(days) < MIN_DAYS:
        return None
    service = _service_of_days(to_come)
    draws, rates = _draw_days(len(days), len(service), seed), np.array(days)
    bad = to_date.bad + (rates[draws, 0] * service).sum(axis=1)
    total = to_date.total + (rates[draws, 1] * service).sum(axis=1)
    return _risk_of_draws(bad, total, target, len(days))


def estimate_volume_risk(
    units: VolumeUnits, to_come: Mask, day_starts: Sequence[int], days: Sequence[float], seed: str
) -> BreachRisk | None:
    """Estimate for units with a limit: drawn events are added to those to date; None if there are too few days.

    `to_come`: which minutes of the whole window are to come and count; `day_starts`: where its local days begin.
    """
    if len(days) < MIN_DAYS:
        return None
    days_to_come = [(day.start, service) for day, service in _days_with_minutes(day_starts, to_come)]
    draws = _draw_days(len(days), len(days_to_come), seed)
    events = np.array(days)[draws] * np.array([service for _, service in days_to_come])
    unit_of_day = np.searchsorted(units.starts, [start for start, _ in days_to_come], side="right") - 1
    bad_units = [
        _draws_beyond_limit(units, unit, events[:, unit_of_day == unit].sum(axis=1))
        for unit in np.flatnonzero(units.is_undecided).tolist()
    ]
    decided = units.is_decided
    bad = int(np.count_nonzero(decided & ~units.is_within_limit)) + sum(bad_units, np.zeros(REPLICATES))
    total = np.full(REPLICATES, int(np.count_nonzero(decided)) + len(bad_units))
    return _risk_of_draws(bad, total, percent_to_fraction(units.objective.target), len(days))


def _draws_beyond_limit(units: VolumeUnits, unit: int, drawn_events: DrawnAmounts) -> DrawnAmounts:
    """Return 1 for each draw in which the hour, day or period does not keep to its limit, else 0."""
    limit = units.objective.limit * int(units.in_scope[unit]) / int(units.service[unit])
    events = int(units.events[unit]) + drawn_events
    at_least = units.objective.direction is LimitDirection.AT_LEAST
    beyond: DrawnAmounts = (events < limit - _TOLERANCE if at_least else events > limit + _TOLERANCE).astype(np.float64)
    return beyond


def _risk_of_draws(bad: DrawnAmounts, total: NDArray[np.number], target: Fraction, days: int) -> BreachRisk:
    breaches = int(np.count_nonzero(bad > total * float(1 - target) + _TOLERANCE))
    return BreachRisk(Decimal(breaches * 10_000 // REPLICATES).scaleb(-4), days)


def _days_with_minutes(day_starts: Sequence[int], mask: Mask) -> Iterator[tuple[slice, int]]:
    """Yield each day, and how many of its minutes are masked, if there are any."""
    for first, after in pairwise([*day_starts, len(mask)]):
        if minutes := int(np.count_nonzero(mask[first:after])):
            yield slice(first, after), minutes


def _service_of_days(to_come: Mask) -> NDArray[np.int64]:
    """Return the minutes that count on each day to come that has any. A day is 24 hours from now on."""
    starts = np.arange(0, len(to_come), _MINUTES_PER_DAY)
    service = np.add.reduceat(to_come, starts, dtype=np.int64) if len(starts) else np.zeros(0, np.int64)
    with_service: NDArray[np.int64] = service[service > 0]
    return with_service


def _draw_days(days: int, days_to_come: int, seed: str) -> Draws:
    """Draw for each replicate the days that stand for those to come, in blocks; the first day follows the last."""
    generator = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
    blocks = generator.integers(0, days, (REPLICATES, -(-days_to_come // BLOCK_DAYS)))
    drawn = (blocks[:, :, None] + np.arange(BLOCK_DAYS)) % days
    return drawn.reshape(REPLICATES, -1)[:, :days_to_come]

"""How likely a window ends in breach: what is left of it is drawn again and again from the days that were measured."""

# A block bootstrap: days with service in them are drawn in blocks of seven in a row, since days that follow each other
# resemble each other and weeks have a shape. What a day held per minute of service is carried over to the day it stands
# for. It is an estimate, so unlike a verdict it may use floats; the generator is seeded with what is asked about, so
# the same question gets the same answer.

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
"""Two blocks: fewer days tell nothing."""
LOOKBACK_DAYS = 91
_HAIR = 1e-9
_DAY = 1440

Draws = NDArray[np.int64]
Floats = NDArray[np.float64]


class RiskAmounts(NamedTuple):
    """Of what the share is taken: minutes, slices, events, observations or hours."""

    bad: float
    counted: float

    @classmethod
    def from_assessment(cls, found: Assessment, counted: int) -> "RiskAmounts":
        return cls(found.ratio.complement.part / found.ratio.whole * counted, counted) if found.ratio else cls(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class BreachRisk:
    probability: Decimal
    days: int
    """With service, that were drawn from."""
    replicates: int = REPLICATES
    block_days: int = BLOCK_DAYS


def compute_day_rates(
    first_minutes: Sequence[int], scope: Mask, count: Callable[[slice], RiskAmounts]
) -> list[RiskAmounts]:
    """Bad and counted per minute of service, of each day with service of which something counts.

    `first_minutes`: where local days begin, in minutes from the start of the past that `scope` describes.
    """
    found = []
    for day, service in _days(first_minutes, scope):
        amounts = count(day)
        if amounts.counted:
            found.append(RiskAmounts(amounts.bad / service, amounts.counted / service))
    return found


def compute_day_event_rates(first_minutes: Sequence[int], known: Mask, events: NDArray[np.int64]) -> list[float]:
    """Per minute that counts and was measured, of each day that has any."""
    return [int(events[day][known[day]].sum()) / seen for day, seen in _days(first_minutes, known)]


def estimate_breach_risk(
    target: Fraction, so_far: RiskAmounts, to_come: Mask, days: Sequence[RiskAmounts], seed: str
) -> BreachRisk | None:
    """Of a share that is summed up over days. `to_come`: which minutes after now count; None: too few days."""
    if len(days) < MIN_DAYS:
        return None
    left = _service_left(to_come)
    drawn, rates = _draws(len(days), len(left), seed), np.array(days)
    bad = so_far.bad + (rates[drawn, 0] * left).sum(axis=1)
    counted = so_far.counted + (rates[drawn, 1] * left).sum(axis=1)
    return _breached(bad, counted, target, len(days))


def estimate_volume_risk(
    units: VolumeUnits, to_come: Mask, first_minutes: Sequence[int], days: Sequence[float], seed: str
) -> BreachRisk | None:
    """Of days that keep to a limit, or of one for the whole period: events are drawn, and added to those so far.

    `to_come`: which minutes of the whole window are to come and count; `first_minutes`: where its local days begin.
    """
    if len(days) < MIN_DAYS:
        return None
    ahead = [(day.start, service) for day, service in _days(first_minutes, to_come)]
    drawn = np.array(days)[_draws(len(days), len(ahead), seed)] * np.array([service for _, service in ahead])
    place = np.searchsorted(units.starts, [start for start, _ in ahead], side="right") - 1
    lost = [
        _lost(units, one, drawn[:, place == one].sum(axis=1)) for one in np.flatnonzero(units.is_undecided).tolist()
    ]
    judged = units.is_decided
    bad = int(np.count_nonzero(judged & ~units.is_within_limit)) + sum(lost, np.zeros(REPLICATES))
    counted = np.full(REPLICATES, int(np.count_nonzero(judged)) + len(lost))
    return _breached(bad, counted, percent_to_fraction(units.objective.target), len(days))


def _lost(units: VolumeUnits, place: int, drawn: Floats) -> Floats:
    """In which draws the hour, day or period does not keep to its limit."""
    limit = units.objective.limit * int(units.in_scope[place]) / int(units.service[place])
    events = int(units.events[place]) + drawn
    at_least = units.objective.direction is LimitDirection.AT_LEAST
    lost: Floats = (events < limit - _HAIR if at_least else events > limit + _HAIR).astype(np.float64)
    return lost


def _breached(bad: Floats, counted: NDArray[np.number], target: Fraction, days: int) -> BreachRisk:
    breached = int(np.count_nonzero(bad > counted * float(1 - target) + _HAIR))
    return BreachRisk(Decimal(breached * 10_000 // REPLICATES).scaleb(-4), days)


def _days(first_minutes: Sequence[int], mask: Mask) -> Iterator[tuple[slice, int]]:
    """Each day, and how many of its minutes are masked, if there are any."""
    for first, after in pairwise([*first_minutes, len(mask)]):
        if minutes := int(np.count_nonzero(mask[first:after])):
            yield slice(first, after), minutes


def _service_left(to_come: Mask) -> NDArray[np.int64]:
    """Minutes that count on each day to come; days without any are left out. A day is 24 hours from now on."""
    starts = np.arange(0, len(to_come), _DAY)
    service = np.add.reduceat(to_come, starts, dtype=np.int64) if len(starts) else np.zeros(0, np.int64)
    found: NDArray[np.int64] = service[service > 0]
    return found


def _draws(days: int, wanted: int, seed: str) -> Draws:
    """For each replicate the days that stand for those to come, in blocks; the last day is followed by the first."""
    chance = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
    blocks = chance.integers(0, days, (REPLICATES, -(-wanted // BLOCK_DAYS)))
    places = (blocks[:, :, None] + np.arange(BLOCK_DAYS)) % days
    return places.reshape(REPLICATES, -1)[:, :wanted]

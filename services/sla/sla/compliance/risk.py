"""How likely a window ends in breach: what is left of it is drawn again and again from the days that were measured."""

# A block bootstrap: days with service in them are drawn in blocks of seven in a row, since days that follow each other
# resemble each other and weeks have a shape. A day's share of bad minutes, slices or events is carried over to the day
# it stands for, in proportion to the service of both. It is an estimate, so unlike a verdict it may use floats; the
# generator is seeded with what is asked about, so the same question gets the same answer.

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sla.agreements.objectives import MeasuredObjective, Method, Missing
from sla.compliance.assessment import Assessment, Mask
from sla.compliance.counting import measured
from sla.compliance.course import Course
from sla.compliance.windows import Window
from sla.measurements.minutes import Minutes

BLOCK_DAYS = 7
REPLICATES = 2000
FEWEST_DAYS = 14
"""Two blocks: fewer days tell nothing."""
LOOKBACK_DAYS = 91
_HAIR = 1e-9


class Amounts(NamedTuple):
    bad: float
    counted: float


@dataclass(frozen=True, slots=True)
class Risk:
    probability: Decimal
    days: int
    """With service, that were drawn from."""
    replicates: int = REPLICATES
    block_days: int = BLOCK_DAYS


class Past(NamedTuple):
    """Days that were measured, one after the other."""

    minutes: Minutes
    window: Window
    excluded: Mask


def risk(course: Course, past: Past, first_minutes: Sequence[int], seed: str) -> Risk | None:
    """`first_minutes`: where local days begin, counted in minutes from the start of the past; None: too few days."""
    days = _days(course.objective, past, first_minutes)
    if len(days) < FEWEST_DAYS:
        return None
    left = _service_left(course)
    so_far = _amounts(course.objective, course.so_far)
    drawn = _draws(len(days), len(left), seed)
    rates = np.array(days)
    bad = so_far.bad + (rates[drawn, 0] * left).sum(axis=1)
    counted = so_far.counted + (rates[drawn, 1] * left).sum(axis=1)
    budget = float(1 - course.target)
    breached = int(np.count_nonzero(bad > counted * budget + _HAIR))
    return Risk(Decimal(breached * 10_000 // REPLICATES).scaleb(-4), len(days))


def _days(objective: MeasuredObjective, past: Past, first_minutes: Sequence[int]) -> list[Amounts]:
    """Bad and counted per minute of service, of each day with service of which something counts."""
    found = []
    edges = [*first_minutes, len(past.minutes)]
    for first, after in pairwise(edges):
        day = slice(first, after)
        minutes = Minutes(past.minutes.start, past.minutes.good[day], past.minutes.total[day], past.minutes.state[day])
        in_service, excluded = past.window.in_service[day], past.excluded[day]
        service = int(np.count_nonzero(in_service & ~excluded))
        amounts = _amounts(objective, measured(objective, minutes, in_service, excluded).found)
        if service and amounts.counted:
            found.append(Amounts(amounts.bad / service, amounts.counted / service))
    return found


def _amounts(objective: MeasuredObjective, found: Assessment) -> Amounts:
    """Of what the share is taken: events, or slices with those that are missing as agreed."""
    if found.ratio is None:
        return Amounts(0.0, 0.0)
    counted = found.in_scope
    if objective.missing is Missing.IGNORE and objective.method is not Method.OCCURRENCES:
        counted -= found.unknown
    return Amounts(found.ratio.rest.part / found.ratio.whole * counted, counted)


def _service_left(course: Course) -> NDArray[np.int64]:
    """Minutes that count on each day to come; days without any are left out. A day is 24 hours from now on."""
    to_come = course.to_come
    starts = np.arange(0, len(to_come), 1440)
    service = np.add.reduceat(to_come, starts, dtype=np.int64) if len(starts) else np.zeros(0, np.int64)
    found: NDArray[np.int64] = service[service > 0]
    return found


def _draws(days: int, wanted: int, seed: str) -> NDArray[np.int64]:
    """For each replicate the days that stand for those to come, in blocks; the last day is followed by the first."""
    chance = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
    blocks = chance.integers(0, days, (REPLICATES, -(-wanted // BLOCK_DAYS)))
    places = (blocks[:, :, None] + np.arange(BLOCK_DAYS)) % days
    return places.reshape(REPLICATES, -1)[:, :wanted]

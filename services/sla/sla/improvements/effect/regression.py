"""The effect of a change on a series: segmented regression (level, slope, season) with errors that allow for
neighbours being alike (Newey and West 1987).
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

MIN_POINTS_BEFORE, MIN_POINTS_AFTER = 6, 3
"""Points without which nothing is concluded."""
MIN_POINTS_BESIDE_PLACEBO = 3
"""Points on either side of a date at which nothing happened."""
MIN_SEASONS_BEFORE = 2
"""Of the points before, so that a season is not taken for an effect."""
MIN_POINTS_FOR_SLOPE = 12
"""Points on either side for a change of slope: with fewer it and the level cannot be told apart."""
SHORT_SERIES = 100
"""Newey and West's errors are too small in series shorter than this: there the interval is that of an autoregression
where it is wider. Whether there is an effect is asked of both, however long the series is."""
CONFIDENCE = 0.95


class EffectScale(StrEnum):
    ABSOLUTE = "absolute"
    """The effect is a difference, in the unit of the measure."""
    RELATIVE = "relative"
    """The effect is percent of what was to be expected: a difference of logarithms."""


class SeriesPoint(NamedTuple):
    period: int
    """Counted in days, weeks or months, so that gaps are seen."""
    value: float


class RegressionFit(NamedTuple):
    """`effect` at the moment of the change, with its 95 % interval; absolute or percent, as the scale says."""

    effect: float
    low: float
    high: float
    before: int
    after: int
    terms: tuple[str, ...]
    lags: int
    freedom: int
    shows: bool
    """Whether there is an effect: 0 is outside of the interval, by either kind of errors."""


def compute_fit(
    points: Sequence[SeriesPoint],
    change: int,
    season: int,
    scale: EffectScale,
    *,
    least: tuple[int, int] = (MIN_POINTS_BEFORE, MIN_POINTS_AFTER),
) -> RegressionFit | None:
    """The step at the period `change`; None if there are too few points, or no logarithms, to tell.

    `season` is its length in periods, 1 for none; `least` is how many points are needed before and after.
    """
    periods = np.array([point.period for point in points], np.float64)
    values = np.array([point.value for point in points], np.float64)
    after = int(np.count_nonzero(periods >= change))
    before = len(periods) - after
    if before < least[0] or after < least[1] or (scale is EffectScale.RELATIVE and not (values > 0).all()):
        return None
    terms, design = _design(periods, change, season)
    if np.linalg.matrix_rank(design) < len(terms) or len(values) <= len(terms):
        return None
    outcome = np.log(values) if scale is EffectScale.RELATIVE else values
    estimate, alike, apart = _estimated(design, outcome, terms.index("level"))
    freedom = len(values) - len(terms)
    error = max(alike, apart) if len(values) < SHORT_SERIES else apart
    margin, cautious = (compute_t_quantile(freedom) * one for one in (error, max(alike, apart)))
    # What rounding leaves of a series that never changes is no effect.
    cautious = max(cautious, 1e-9 * (1 + float(np.abs(outcome).max())))
    effect, low, high = (_on_scale(value, scale) for value in (estimate, estimate - margin, estimate + margin))
    distinct = tuple(dict.fromkeys(terms))
    return RegressionFit(
        effect, low, high, before, after, distinct, math.isqrt(len(values)), freedom, abs(estimate) > cautious
    )


def _design(periods: FloatArray, change: int, season: int) -> tuple[list[str], FloatArray]:
    """As many terms as the points can tell apart, and a column for each."""
    later = periods >= change
    after, before = int(later.sum()), int((~later).sum())
    names, columns = ["mean", "slope", "level"], [np.ones_like(periods), periods - change, later.astype(np.float64)]
    if min(after, before) >= MIN_POINTS_FOR_SLOPE:
        names.append("change of slope")
        columns.append(later * (periods - change))
    if season > 1 and before >= MIN_SEASONS_BEFORE * season:
        place = periods.astype(np.int64) % season
        for one in np.unique(place)[1:]:
            names.append("season")
            columns.append((place == one).astype(np.float64))
    return names, np.column_stack(columns)


def _estimated(design: FloatArray, outcome: FloatArray, which: int) -> tuple[float, float, float]:
    """A coefficient of least squares, and its error if each point resembles the one before, and by Newey and West."""
    count, terms = design.shape
    inverse: FloatArray = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ outcome
    residuals: FloatArray = outcome - design @ coefficients
    usual = float(residuals @ residuals) / (count - terms) * inverse[which, which]
    scores: FloatArray = design * residuals[:, None]
    robust = _newey_west(inverse, scores, math.isqrt(count))[which, which]
    return float(coefficients[which]), math.sqrt(usual * _inflation(residuals)), math.sqrt(max(float(robust), 0.0))


def _inflation(residuals: FloatArray) -> float:
    """How much more uncertain a mean is because each point resembles the one before."""
    total = float(residuals @ residuals)
    alike = float(residuals[1:] @ residuals[:-1]) / total if total else 0.0
    # Residuals are less alike than the errors they stand for, the more so the fewer they are.
    alike = min(max(alike + 2 / len(residuals), 0.0), 0.9)
    return (1 + alike) / (1 - alike)


def _newey_west(inverse: FloatArray, scores: FloatArray, lags: int) -> FloatArray:
    meat = scores.T @ scores
    for lag in range(1, min(lags, len(scores) - 1) + 1):
        neighbours = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (lags + 1)) * (neighbours + neighbours.T)
    result: FloatArray = inverse @ meat @ inverse
    return result


def _on_scale(value: float, scale: EffectScale) -> float:
    found = 100 * math.expm1(min(value, 50.0)) if scale is EffectScale.RELATIVE else value
    # Further digits differ from machine to machine.
    return float(f"{found:.9g}")


@cache
def compute_t_quantile(freedom: int, confidence: float = CONFIDENCE) -> float:
    """The two-sided quantile of Student's t, by bisection."""
    low, high = 0.0, 1e4
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < confidence else (low, middle)
    return (low + high) / 2


def _within(value: float, freedom: int) -> float:
    """P(|t| <= value), the finite series of Abramowitz and Stegun 26.7.3 and 26.7.4."""
    angle = math.atan2(value, math.sqrt(freedom))
    cosine, odd = math.cos(angle), freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = term if freedom > 1 else 0.0
    for number in range(2 + odd, freedom - 1, 2):
        term *= (number - 1) / number * cosine * cosine
        total += term
    whole = math.sin(angle) * total
    return 2 / math.pi * (angle + whole) if odd else whole

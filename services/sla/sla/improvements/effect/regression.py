"""Segmented regression of a series: level, slope and season, with errors for autocorrelated points
(Newey and West 1987).
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
"""With fewer points, nothing is concluded."""
MIN_POINTS_BESIDE_PLACEBO = 3
"""On either side of the placebo date."""
MIN_SEASONS_BEFORE = 2
"""With fewer seasons before the change, a season could be mistaken for an effect."""
MIN_POINTS_FOR_SLOPE = 12
"""On either side for a change of slope: with fewer points, slope and level cannot be separated."""
SHORT_SERIES = 100
"""In shorter series the errors of Newey and West are too small, so the interval uses the wider of theirs and those of
an autoregression. An effect is significant only by both, however long the series is."""
CONFIDENCE = 0.95


class EffectScale(StrEnum):
    ABSOLUTE = "absolute"
    """The effect is a difference, in the unit of the measure."""
    RELATIVE = "relative"
    """The effect is a percentage of the expected value: a difference of logarithms."""


class SeriesPoint(NamedTuple):
    period: int
    """The number of the day, week or month."""
    value: float


class RegressionFit(NamedTuple):
    """A fitted step at the time of the change with its 95 % interval, absolute or in percent by the scale."""

    effect: float
    low: float
    high: float
    before: int
    after: int
    terms: tuple[str, ...]
    lags: int
    degrees_of_freedom: int
    significant: bool
    """Whether 0 lies outside the interval, by both kinds of errors."""


def compute_fit(
    points: Sequence[SeriesPoint],
    change: int,
    season: int,
    scale: EffectScale,
    *,
    least: tuple[int, int] = (MIN_POINTS_BEFORE, MIN_POINTS_AFTER),
) -> RegressionFit | None:
    """Fit the step at the period `change`; return None with too few points, or values without a logarithm.

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
    estimate, autoregressive, robust = _estimate(design, outcome, terms.index("level"))
    freedom = len(values) - len(terms)
    error = max(autoregressive, robust) if len(values) < SHORT_SERIES else robust
    quantile = compute_t_quantile(freedom)
    margin, cautious = quantile * error, quantile * max(autoregressive, robust)
    # The rounding error of a constant series is no effect.
    cautious = max(cautious, 1e-9 * (1 + float(np.abs(outcome).max())))
    effect, low, high = (_on_scale(value, scale) for value in (estimate, estimate - margin, estimate + margin))
    distinct = tuple(dict.fromkeys(terms))
    return RegressionFit(
        effect, low, high, before, after, distinct, math.isqrt(len(values)), freedom, abs(estimate) > cautious
    )


def _design(periods: FloatArray, change: int, season: int) -> tuple[list[str], FloatArray]:
    """Build the design matrix: as many terms as the points can separate, and a column for each."""
    later = periods >= change
    after, before = int(later.sum()), int((~later).sum())
    names, columns = ["mean", "slope", "level"], [np.ones_like(periods), periods - change, later.astype(np.float64)]
    if min(after, before) >= MIN_POINTS_FOR_SLOPE:
        names.append("change of slope")
        columns.append(later * (periods - change))
    if season > 1 and before >= MIN_SEASONS_BEFORE * season:
        phases = periods.astype(np.int64) % season
        for phase in np.unique(phases)[1:]:
            names.append("season")
            columns.append((phases == phase).astype(np.float64))
    return names, np.column_stack(columns)


def _estimate(design: FloatArray, outcome: FloatArray, term: int) -> tuple[float, float, float]:
    """Estimate a coefficient by least squares, with its autoregressive error and that of Newey and West."""
    count, terms = design.shape
    inverse: FloatArray = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ outcome
    residuals: FloatArray = outcome - design @ coefficients
    usual = float(residuals @ residuals) / (count - terms) * inverse[term, term]
    scores: FloatArray = design * residuals[:, None]
    robust = _newey_west(inverse, scores, math.isqrt(count))[term, term]
    return float(coefficients[term]), math.sqrt(usual * _inflation(residuals)), math.sqrt(max(float(robust), 0.0))


def _inflation(residuals: FloatArray) -> float:
    """Return the factor by which the autocorrelation of the residuals inflates the variance."""
    total = float(residuals @ residuals)
    autocorrelation = float(residuals[1:] @ residuals[:-1]) / total if total else 0.0
    # Residuals underestimate the autocorrelation of the errors, more so in short series.
    autocorrelation = min(max(autocorrelation + 2 / len(residuals), 0.0), 0.9)
    return (1 + autocorrelation) / (1 - autocorrelation)


def _newey_west(inverse: FloatArray, scores: FloatArray, lags: int) -> FloatArray:
    meat = scores.T @ scores
    for lag in range(1, min(lags, len(scores) - 1) + 1):
        neighbours = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (lags + 1)) * (neighbours + neighbours.T)
    result: FloatArray = inverse @ meat @ inverse
    return result


def _on_scale(value: float, scale: EffectScale) -> float:
    effect = 100 * math.expm1(min(value, 50.0)) if scale is EffectScale.RELATIVE else value
    # More digits would differ between machines.
    return float(f"{effect:.9g}")


@cache
def compute_t_quantile(freedom: int, confidence: float = CONFIDENCE) -> float:
    """Compute the two-sided quantile of Student's t by bisection."""
    low, high = 0.0, 1e4
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _probability_within(middle, freedom) < confidence else (low, middle)
    return (low + high) / 2


def _probability_within(value: float, freedom: int) -> float:
    """Compute P(|t| <= value) by the finite series of Abramowitz and Stegun 26.7.3 and 26.7.4."""
    angle = math.atan2(value, math.sqrt(freedom))
    cosine, odd = math.cos(angle), freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = term if freedom > 1 else 0.0
    for number in range(2 + odd, freedom - 1, 2):
        term *= (number - 1) / number * cosine * cosine
        total += term
    series = math.sin(angle) * total
    return 2 / math.pi * (angle + series) if odd else series

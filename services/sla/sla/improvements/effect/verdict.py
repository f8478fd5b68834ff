"""The verdict on an improvement: effect, control and placebo must agree; the reasons are given as sentences."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from sla.improvements.effect.regression import (
    MIN_POINTS_AFTER,
    MIN_POINTS_BEFORE,
    MIN_POINTS_BESIDE_PLACEBO,
    EffectScale,
    RegressionFit,
    SeriesPoint,
    compute_fit,
)

MOST_PLACES = 6
TOO_FEW_BESIDE_PLACEBO = f"fewer than {MIN_POINTS_BESIDE_PLACEBO} points on one side of it"


class ImprovementVerdict(StrEnum):
    EFFECTIVE = "effective"
    NO_EFFECT = "no_effect"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"


class EffectDirection(StrEnum):
    INCREASE = "increase"
    DECREASE = "decrease"


class EffectHypothesis(NamedTuple):
    """The hypothesis registered before the improvement: what effect is expected, and when."""

    direction: EffectDirection
    smallest_effect: float
    """Greater than 0, in percent or in the unit of the measure."""
    scale: EffectScale
    periods_per_season: int
    """1 for no season."""
    change_period: int
    """The first period in which the improvement was in place all the time."""
    placebo_period: int
    """A period of the baseline at which nothing was done."""


class EffectFinding(NamedTuple):
    verdict: ImprovementVerdict
    because: tuple[str, ...]
    effect: RegressionFit | None
    control: RegressionFit | None
    placebo: RegressionFit | None


def evaluate_effect(
    hypothesis: EffectHypothesis, measured: Sequence[SeriesPoint], control: Sequence[SeriesPoint]
) -> EffectFinding:
    """Evaluate the points of the measure and the control, without excluded periods."""
    effect = compute_fit(measured, hypothesis.change_period, hypothesis.periods_per_season, hypothesis.scale)
    control_fit = compute_fit(control, hypothesis.change_period, hypothesis.periods_per_season, hypothesis.scale)
    placebo = _compute_placebo_fit(hypothesis, measured)
    verdict, reason = _verdict(hypothesis, effect, control_fit, placebo)
    sentences = (
        _sentence(effect, hypothesis, "The measure", _too_few(measured, hypothesis)),
        _sentence(control_fit, hypothesis, "The control", _too_few(control, hypothesis)),
        _sentence(placebo, hypothesis, "The placebo date", TOO_FEW_BESIDE_PLACEBO),
        reason,
        f"Verdict: {verdict.replace('_', ' ')}.",
    )
    return EffectFinding(verdict, sentences, effect, control_fit, placebo)


def _compute_placebo_fit(hypothesis: EffectHypothesis, measured: Sequence[SeriesPoint]) -> RegressionFit | None:
    before = [point for point in measured if point.period < hypothesis.change_period]
    least = (MIN_POINTS_BESIDE_PLACEBO, MIN_POINTS_BESIDE_PLACEBO)
    return compute_fit(before, hypothesis.placebo_period, hypothesis.periods_per_season, hypothesis.scale, least=least)


def _verdict(
    hypothesis: EffectHypothesis,
    effect: RegressionFit | None,
    control: RegressionFit | None,
    placebo: RegressionFit | None,
) -> tuple[ImprovementVerdict, str]:
    if effect is None or control is None or placebo is None:
        reason = f"At least {MIN_POINTS_BEFORE} points before and {MIN_POINTS_AFTER} after are needed."
    elif control.significant:
        reason = "The control changed too, so something else happened at that time."
    elif placebo.significant:
        reason = "The measure also moved when nothing was done, so such steps are its nature."
    else:
        verdict, reason = _evaluate_step(hypothesis, effect)
        return verdict, f"Expected was {_expectation(hypothesis)}{reason}."
    return ImprovementVerdict.INCONCLUSIVE, reason


def _expectation(hypothesis: EffectHypothesis) -> str:
    article = "an" if hypothesis.direction is EffectDirection.INCREASE else "a"
    return f"{article} {hypothesis.direction} of at least {_number(hypothesis.smallest_effect, hypothesis)}"


def _evaluate_step(hypothesis: EffectHypothesis, effect: RegressionFit) -> tuple[ImprovementVerdict, str]:
    """Return the verdict, and how the effect compares with what was expected."""
    sign = 1 if hypothesis.direction is EffectDirection.INCREASE else -1
    gain, best = sign * effect.effect, max(sign * effect.low, sign * effect.high)
    if effect.significant and gain >= hypothesis.smallest_effect:
        return ImprovementVerdict.EFFECTIVE, "; control and placebo agree that it was not something else"
    if effect.significant and gain < 0:
        return ImprovementVerdict.WORSE, ", and it went the other way"
    if best < hypothesis.smallest_effect:
        return ImprovementVerdict.NO_EFFECT, ", which the interval leaves out"
    if effect.significant:
        return ImprovementVerdict.INCONCLUSIVE, ": there is an effect, perhaps a smaller one"
    return ImprovementVerdict.INCONCLUSIVE, ": that, and none at all, are both within the interval"


def _sentence(fit: RegressionFit | None, hypothesis: EffectHypothesis, series: str, why_not: str) -> str:
    if fit is None:
        zeros = ", or values of 0, of which there is no percentage" if hypothesis.scale is EffectScale.RELATIVE else ""
        return f"{series} shows nothing: {why_not}{zeros}."
    effect, low, high = (
        _number(value, hypothesis, tells_from_0=fit.significant) for value in (fit.effect, fit.low, fit.high)
    )
    points = f"{fit.before} points before, {fit.after} after"
    return f"{series} shows {'an' if fit.significant else 'no'} effect: {effect} [{low}, {high}], {points}."


def _number(value: float, hypothesis: EffectHypothesis, *, tells_from_0: bool = True) -> str:
    if hypothesis.scale is EffectScale.RELATIVE:
        return f"{shorten(value, 1, tells_from_0=tells_from_0):f} %"
    return f"{value + 0:.4g}"


def shorten(value: float, places: int, *, tells_from_0: bool) -> Decimal:
    """Round to so many places. Where it says that something is not 0, it does not look as if it were."""
    rounded = round(Decimal(value), places)
    if tells_from_0 and not rounded and value:
        rounded = round(Decimal(value), MOST_PLACES)
    return rounded + 0  # which has no sign


def _too_few(points: Sequence[SeriesPoint], hypothesis: EffectHypothesis) -> str:
    before = sum(point.period < hypothesis.change_period for point in points)
    return f"too few points: {before} before and {len(points) - before} after"

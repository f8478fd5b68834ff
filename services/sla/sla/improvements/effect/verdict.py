"""Whether an improvement helped: effect, control and placebo have to agree, and it is said in sentences."""

from collections.abc import Sequence
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


class ImprovementVerdict(StrEnum):
    EFFECTIVE = "effective"
    NO_EFFECT = "no_effect"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"


class EffectDirection(StrEnum):
    INCREASE = "increase"
    DECREASE = "decrease"


class EffectHypothesis(NamedTuple):
    """What was registered before."""

    direction: EffectDirection
    smallest_effect: float
    """The smallest effect that would be worth it, greater than 0, in percent or in the unit of the measure."""
    scale: EffectScale
    periods_per_season: int
    """Periods; 1 for none."""
    change_period: int
    """The first period in which the improvement was in place all the time."""
    placebo_period: int
    """A period before, at which nothing was done."""


class EffectFinding(NamedTuple):
    verdict: ImprovementVerdict
    because: tuple[str, ...]
    effect: RegressionFit | None
    control: RegressionFit | None
    placebo: RegressionFit | None


def evaluate_effect(
    question: EffectHypothesis, measured: Sequence[SeriesPoint], control: Sequence[SeriesPoint]
) -> EffectFinding:
    """`measured` and `control` without the periods that are excluded."""
    effect = compute_fit(measured, question.change_period, question.periods_per_season, question.scale)
    other = compute_fit(control, question.change_period, question.periods_per_season, question.scale)
    placebo = compute_placebo_fit(question, measured)
    verdict, reason = _verdict(question, effect, other, placebo)
    said = (
        _said(effect, question, "The measure", f"too few points: {_counted(measured, question.change_period)}"),
        _said(other, question, "The control", f"too few points: {_counted(control, question.change_period)}"),
        _said(
            placebo, question, "The placebo date", f"fewer than {MIN_POINTS_BESIDE_PLACEBO} points on one side of it"
        ),
        reason,
        f"Verdict: {verdict.replace('_', ' ')}.",
    )
    return EffectFinding(verdict, said, effect, other, placebo)


def compute_placebo_fit(question: EffectHypothesis, measured: Sequence[SeriesPoint]) -> RegressionFit | None:
    before = [point for point in measured if point.period < question.change_period]
    least = (MIN_POINTS_BESIDE_PLACEBO, MIN_POINTS_BESIDE_PLACEBO)
    return compute_fit(before, question.placebo_period, question.periods_per_season, question.scale, least=least)


def _verdict(
    question: EffectHypothesis,
    effect: RegressionFit | None,
    control: RegressionFit | None,
    placebo: RegressionFit | None,
) -> tuple[ImprovementVerdict, str]:
    if effect is None or control is None or placebo is None:
        return (
            ImprovementVerdict.INCONCLUSIVE,
            f"At least {MIN_POINTS_BEFORE} points before and {MIN_POINTS_AFTER} after are needed.",
        )
    if control.shows:
        return ImprovementVerdict.INCONCLUSIVE, "The control changed too, so something else happened at that time."
    if placebo.shows:
        return (
            ImprovementVerdict.INCONCLUSIVE,
            "The measure also moved when nothing was done, so such steps are its nature.",
        )
    return _of_the_effect(question, effect)


def _of_the_effect(question: EffectHypothesis, effect: RegressionFit) -> tuple[ImprovementVerdict, str]:
    sign = 1 if question.direction is EffectDirection.INCREASE else -1
    gain, best = sign * effect.effect, max(sign * effect.low, sign * effect.high)
    wanted = (
        f"{'an' if sign > 0 else 'a'} {question.direction} of at least {_number(question.smallest_effect, question)}"
    )
    if effect.shows and gain >= question.smallest_effect:
        return (
            ImprovementVerdict.EFFECTIVE,
            f"Wanted was {wanted}; control and placebo agree that it was not something else.",
        )
    if effect.shows and gain < 0:
        return ImprovementVerdict.WORSE, f"Wanted was {wanted}, and it went the other way."
    if best < question.smallest_effect:
        return ImprovementVerdict.NO_EFFECT, f"Wanted was {wanted}, which the interval leaves out."
    if effect.shows:
        return ImprovementVerdict.INCONCLUSIVE, f"Wanted was {wanted}: there is an effect, perhaps a smaller one."
    return ImprovementVerdict.INCONCLUSIVE, f"Wanted was {wanted}: that, and none at all, are both within the interval."


def _said(fit: RegressionFit | None, question: EffectHypothesis, who: str, otherwise: str) -> str:
    if fit is None:
        return f"{who} tells nothing: {otherwise}{_no_logarithm(question)}."
    numbers = f"{_number(fit.effect, question)} [{_number(fit.low, question)}, {_number(fit.high, question)}]"
    points = f"{fit.before} points before, {fit.after} after"
    return f"{who} shows {'an' if fit.shows else 'no'} effect: {numbers}, {points}."


def _no_logarithm(question: EffectHypothesis) -> str:
    return ", or values of 0, of which there is no percentage" if question.scale is EffectScale.RELATIVE else ""


def _number(value: float, question: EffectHypothesis) -> str:
    if question.scale is EffectScale.RELATIVE:
        return f"{round(value, 1) + 0:.1f} %"
    return f"{value + 0:.4g}"


def _counted(points: Sequence[SeriesPoint], change: int) -> str:
    before = sum(point.period < change for point in points)
    return f"{before} before and {len(points) - before} after"

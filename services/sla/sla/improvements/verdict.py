"""Whether an improvement helped: effect, control and placebo have to agree, and it is said in sentences."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from sla.improvements.effect import LEAST_AFTER, LEAST_BEFORE, LEAST_BESIDE_PLACEBO, Fit, Point, Scale, fitted


class Verdict(StrEnum):
    EFFECTIVE = "effective"
    NO_EFFECT = "no_effect"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"


class Direction(StrEnum):
    INCREASE = "increase"
    DECREASE = "decrease"


class Question(NamedTuple):
    """What was registered before."""

    direction: Direction
    worthwhile: float
    """The smallest effect that would be worth it, greater than 0, in percent or in the unit of the measure."""
    scale: Scale
    season: int
    """Periods; 1 for none."""
    change: int
    """The first period in which the improvement was in place all the time."""
    placebo: int
    """A period before, at which nothing was done."""


class Finding(NamedTuple):
    verdict: Verdict
    because: tuple[str, ...]
    effect: Fit | None
    control: Fit | None
    placebo: Fit | None


def judge(question: Question, measured: Sequence[Point], control: Sequence[Point]) -> Finding:
    """`measured` and `control` without the periods that are excluded."""
    effect = fitted(measured, question.change, question.season, question.scale)
    other = fitted(control, question.change, question.season, question.scale)
    placebo = at_placebo(question, measured)
    verdict, reason = _verdict(question, effect, other, placebo)
    said = (
        _said(effect, question, "The measure", f"too few points: {_counted(measured, question.change)}"),
        _said(other, question, "The control", f"too few points: {_counted(control, question.change)}"),
        _said(placebo, question, "The placebo date", f"fewer than {LEAST_BESIDE_PLACEBO} points on one side of it"),
        reason,
        f"Verdict: {verdict.replace('_', ' ')}.",
    )
    return Finding(verdict, said, effect, other, placebo)


def at_placebo(question: Question, measured: Sequence[Point]) -> Fit | None:
    before = [point for point in measured if point.period < question.change]
    least = (LEAST_BESIDE_PLACEBO, LEAST_BESIDE_PLACEBO)
    return fitted(before, question.placebo, question.season, question.scale, least=least)


def _verdict(question: Question, effect: Fit | None, control: Fit | None, placebo: Fit | None) -> tuple[Verdict, str]:
    if effect is None or control is None or placebo is None:
        return Verdict.INCONCLUSIVE, f"At least {LEAST_BEFORE} points before and {LEAST_AFTER} after are needed."
    if control.shows:
        return Verdict.INCONCLUSIVE, "The control changed too, so something else happened at that time."
    if placebo.shows:
        return Verdict.INCONCLUSIVE, "The measure also moved when nothing was done, so such steps are its nature."
    return _of_the_effect(question, effect)


def _of_the_effect(question: Question, effect: Fit) -> tuple[Verdict, str]:
    sign = 1 if question.direction is Direction.INCREASE else -1
    gain, best = sign * effect.effect, max(sign * effect.low, sign * effect.high)
    wanted = f"{'an' if sign > 0 else 'a'} {question.direction} of at least {_number(question.worthwhile, question)}"
    if effect.shows and gain >= question.worthwhile:
        return Verdict.EFFECTIVE, f"Wanted was {wanted}; control and placebo agree that it was not something else."
    if effect.shows and gain < 0:
        return Verdict.WORSE, f"Wanted was {wanted}, and it went the other way."
    if best < question.worthwhile:
        return Verdict.NO_EFFECT, f"Wanted was {wanted}, which the interval leaves out."
    if effect.shows:
        return Verdict.INCONCLUSIVE, f"Wanted was {wanted}: there is an effect, perhaps a smaller one."
    return Verdict.INCONCLUSIVE, f"Wanted was {wanted}: that, and none at all, are both within the interval."


def _said(fit: Fit | None, question: Question, who: str, otherwise: str) -> str:
    if fit is None:
        return f"{who} tells nothing: {otherwise}{_no_logarithm(question)}."
    numbers = f"{_number(fit.effect, question)} [{_number(fit.low, question)}, {_number(fit.high, question)}]"
    points = f"{fit.before} points before, {fit.after} after"
    return f"{who} shows {'an' if fit.shows else 'no'} effect: {numbers}, {points}."


def _no_logarithm(question: Question) -> str:
    return ", or values of 0, of which there is no percentage" if question.scale is Scale.RELATIVE else ""


def _number(value: float, question: Question) -> str:
    if question.scale is Scale.RELATIVE:
        return f"{round(value, 1) + 0:.1f} %"
    return f"{value + 0:.4g}"


def _counted(points: Sequence[Point], change: int) -> str:
    before = sum(point.period < change for point in points)
    return f"{before} before and {len(points) - before} after"

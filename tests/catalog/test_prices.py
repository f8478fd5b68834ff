"""Which of several dated prices holds on a day."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.offerings.prices import price_in_force


@dataclass(frozen=True)
class Dated:
    valid_from: date
    valid_to: date | None = None


JANUARY, MARCH, MAY = date(2026, 1, 1), date(2026, 3, 1), date(2026, 5, 1)


@pytest.mark.parametrize(
    ("prices", "on", "begun"),
    [
        ([], MARCH, None),
        ([Dated(MARCH)], date(2026, 2, 28), None),
        ([Dated(MARCH)], MARCH, MARCH),
        ([Dated(JANUARY), Dated(MARCH)], date(2026, 2, 28), JANUARY),
        ([Dated(MARCH), Dated(JANUARY)], MAY, MARCH),
        ([Dated(JANUARY, MARCH)], MARCH, JANUARY),
        ([Dated(JANUARY, MARCH)], date(2026, 3, 2), None),
    ],
)
def test_the_price_that_began_last_holds(prices: list[Dated], on: date, begun: date | None) -> None:
    price = price_in_force(prices, on)
    assert (price and price.valid_from) == begun


def test_an_earlier_price_does_not_come_back_when_a_later_one_is_over() -> None:
    assert price_in_force([Dated(JANUARY), Dated(MARCH, date(2026, 3, 31))], MAY) is None


days = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(st.sets(days, min_size=1), days)
def test_a_price_that_begins_later_changes_nothing_today(begins: set[date], today: date) -> None:
    prices = [Dated(day) for day in begins]
    assert price_in_force(prices, today) == price_in_force([*prices, Dated(today + timedelta(days=1))], today)

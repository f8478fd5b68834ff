"""How many samples a key may push: so many a minute on average, and a minute's at once."""

from datetime import UTC, datetime, timedelta

import pytest

from sla.push_keys.errors import TooManySamples
from sla.push_keys.sample_budget import SampleBudget

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)


def test_a_minutes_samples_may_come_at_once_and_then_none_until_some_time_has_passed() -> None:
    budget = SampleBudget(600, NOON)
    budget.check(NOON)
    budget.spend(600)

    with pytest.raises(TooManySamples) as refused:
        budget.check(NOON)

    assert refused.value.headers == {"Retry-After": "1"}
    budget.check(NOON + timedelta(seconds=1))


def test_a_push_that_overdraws_the_budget_has_the_next_one_wait_in_proportion() -> None:
    budget = SampleBudget(600, NOON)
    budget.spend(1800)

    with pytest.raises(TooManySamples) as refused:
        budget.check(NOON)

    assert refused.value.headers == {"Retry-After": "121"}
    budget.check(NOON + timedelta(seconds=121))


def test_time_without_pushes_saves_up_one_minute_and_no_more() -> None:
    budget, tomorrow = SampleBudget(600, NOON), NOON + timedelta(days=1)
    budget.check(tomorrow)
    budget.spend(600)

    with pytest.raises(TooManySamples):
        budget.check(tomorrow)


def test_a_clock_that_is_set_back_neither_adds_nor_takes_away() -> None:
    budget = SampleBudget(600, NOON)
    budget.spend(600)

    with pytest.raises(TooManySamples):
        budget.check(NOON - timedelta(hours=1))
    budget.check(NOON - timedelta(hours=1) + timedelta(seconds=2))

"""How many samples a key may push: so many a minute on average, and a minute's at once."""

from datetime import UTC, datetime, timedelta

import pytest

from common.errors import TooLarge
from sla.push_keys.errors import TooManySamples
from sla.push_keys.sample_budget import SampleBudget

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)


def spend(budget: SampleBudget, samples: int, now: datetime = NOON) -> None:
    with budget.take(samples, now):
        pass


def test_a_minutes_samples_may_come_at_once_and_then_none_until_some_time_has_passed() -> None:
    budget = SampleBudget(600, NOON)
    spend(budget, 600)

    with pytest.raises(TooManySamples) as refused:
        budget.check(NOON)

    assert refused.value.headers == {"Retry-After": "1"}
    budget.check(NOON + timedelta(seconds=1))


def test_a_push_that_overdraws_the_budget_has_the_next_one_wait_in_proportion() -> None:
    budget = SampleBudget(600, NOON)
    spend(budget, 599)
    spend(budget, 600)

    with pytest.raises(TooManySamples) as refused:
        spend(budget, 1)

    assert refused.value.headers == {"Retry-After": "60"}
    spend(budget, 1, NOON + timedelta(seconds=60))


def test_a_push_larger_than_a_minutes_samples_is_refused_for_good() -> None:
    with pytest.raises(TooLarge, match="may push 600 samples a minute: send smaller batches"):
        spend(SampleBudget(600, NOON), 601)


def test_what_was_not_written_is_given_back() -> None:
    budget = SampleBudget(600, NOON)
    with pytest.raises(ConnectionResetError), budget.take(600, NOON):
        raise ConnectionResetError

    spend(budget, 600)


def test_time_without_pushes_saves_up_one_minute_and_no_more() -> None:
    budget, tomorrow = SampleBudget(600, NOON), NOON + timedelta(days=1)
    spend(budget, 600, tomorrow)

    with pytest.raises(TooManySamples):
        budget.check(tomorrow)


def test_a_clock_that_is_set_back_neither_adds_nor_takes_away() -> None:
    budget = SampleBudget(600, NOON)
    spend(budget, 600)

    with pytest.raises(TooManySamples):
        budget.check(NOON - timedelta(hours=1))
    budget.check(NOON - timedelta(hours=1) + timedelta(seconds=2))

"""Downtime laid over minutes, against looking at each minute by itself."""

from datetime import datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sla.alerts.model import changed_interval
from sla.measurements.minutes import Minutes, MinuteState, with_downtime
from tests.sla.alerts.conftest import NOON

COUNT = 12

instants = st.integers(-300, 60 * COUNT + 300).map(lambda seconds: NOON + timedelta(seconds=seconds)) | st.integers(
    -2, COUNT + 2
).map(lambda minutes: NOON + timedelta(minutes=minutes))
stretches = st.tuples(instants, instants).map(lambda pair: (min(pair), max(pair)))


@given(
    st.lists(stretches, max_size=4),
    st.lists(
        st.tuples(st.integers(0, 127), st.integers(0, 127), st.sampled_from(MinuteState)),
        min_size=COUNT,
        max_size=COUNT,
    ),
)
def test_each_minute_that_is_touched_is_bad(
    down: list[tuple[datetime, datetime]], minute_rows: list[tuple[int, int, MinuteState]]
) -> None:
    good, total, state = (np.array(column) for column in zip(*minute_rows, strict=True))
    minutes = Minutes(NOON, good.astype(np.int8), total.astype(np.int8), state.astype(np.uint8))
    with_bad_minutes = with_downtime(minutes, down)
    for place, (was_good, was_total, was) in enumerate(minute_rows):
        begin, end = NOON + timedelta(minutes=place), NOON + timedelta(minutes=place + 1)
        touched = any(start < end and begin < stop and start < stop for start, stop in down)
        expected = (was_good, was_total + touched, MinuteState.BAD if touched else was)
        assert (with_bad_minutes.good[place], with_bad_minutes.total[place], with_bad_minutes.state[place]) == expected


@given(st.none() | stretches, stretches)
def test_two_states_of_a_firing_differ_at_most_in_the_changed_interval(
    before: tuple[datetime, datetime] | None, after: tuple[datetime, datetime]
) -> None:
    changed = changed_interval(before, after)
    for second in range(-300, 60 * COUNT + 300, 30):
        at = NOON + timedelta(seconds=second)
        in_one, in_other = before is not None and before[0] <= at < before[1], after[0] <= at < after[1]
        if in_one != in_other:
            assert changed is not None
            assert changed[0] <= at < changed[1]
    assert (changed is None) == (before == after)

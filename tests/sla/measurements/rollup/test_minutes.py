"""Packed hours hold what was put into them, and a digest stands for a window and all it holds."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.unit_of_work import UnitOfWork
from sla.measurements import store
from sla.measurements.minutes import Minutes, first_changed_minute, pack_hour, unpack_hours
from sla.measurements.rollup.late_arrivals import lock_late_arrivals
from tests.sla.measurements.conftest import MonitoredService, join_hours

START = datetime(2026, 2, 3, 12, tzinfo=UTC)
counts = st.integers(-(2**62), 2**62) | st.integers(-130, 130) | st.integers(-40_000, 40_000)
minute = st.tuples(counts, counts, st.integers(0, 2))
hours = st.lists(minute, min_size=60, max_size=60)

Hour = list[tuple[int, int, int]]


def packed(hour: Hour) -> bytes | None:
    good, total, state = (np.array(column) for column in zip(*hour, strict=True))
    return pack_hour(good, total, state.astype(np.uint8))


@given(st.lists(hours, min_size=1, max_size=3), st.integers(-30, 30), st.integers(0, 200))
def test_packed_minutes_are_unpacked_in_any_window(hour_list: list[Hour], shift: int, count: int) -> None:
    rows = [
        (60 * number - shift, packed_hour) for number, hour in enumerate(hour_list) if (packed_hour := packed(hour))
    ]
    read = unpack_hours(START, count, join_hours(rows))
    all_minutes = [minute if packed(hour) else (0, 0, 0) for hour in hour_list for minute in hour]
    for place in range(count):
        source = place + shift
        expected = all_minutes[source] if 0 <= source < len(all_minutes) else (0, 0, 0)
        assert (read.good[place], read.total[place], read.state[place]) == expected


@given(hours, st.integers(0, 59))
def test_the_first_changed_minute_is_found(hour: Hour, place: int) -> None:
    changed = [*hour]
    changed[place] = (hour[place][0], hour[place][1] + 1, 1)
    before = packed([*changed[:place], (changed[place][0], changed[place][1] - 1, 1), *changed[place + 1 :]])
    assert first_changed_minute(before, packed(changed)) == place
    assert first_changed_minute(before, before) is None


def test_an_hour_of_small_counts_is_small() -> None:
    assert len(packed([(4, 4, 1)] * 60) or b"") == 181
    assert packed([(0, 0, 0)] * 60) is None


def test_a_digest_changes_with_any_minute_and_with_the_window() -> None:
    hour = packed([(4, 4, 1)] * 60) or b""
    digests = {
        unpack_hours(START, 60, join_hours([(0, hour)])).digest(),
        unpack_hours(START, 59, join_hours([(0, hour)])).digest(),
        unpack_hours(START + timedelta(hours=1), 60, join_hours([(0, hour)])).digest(),
        unpack_hours(START, 60, join_hours([(1, hour)])).digest(),
        unpack_hours(START, 60, []).digest(),
    }
    assert len(digests) == 5
    local = START.astimezone(datetime.now().astimezone().tzinfo)
    assert (
        unpack_hours(local, 60, join_hours([(0, hour)])).digest()
        == unpack_hours(START, 60, join_hours([(0, hour)])).digest()
    )


async def load_minutes(work: UnitOfWork, indicator: UUID, start: datetime, end: datetime) -> Minutes:
    return (await store.load_minutes_by_indicator(work.session, [indicator], start, end))[indicator]


async def test_the_store_answers_minutes_pending_pushes_and_late_arrivals(monitored: MonitoredService) -> None:
    probe = await monitored.define(series=[{"selector": "up"}])
    indicator, at = UUID(probe["id"]), int(START.timestamp() * 1000)
    await monitored.push(({"__name__": "up"}, [(at - 86_400_000, 1.0)]))
    async with monitored.runtime.begin() as work:
        day_before = START - timedelta(days=1)
        assert await store.has_pending_push(work.session, START, START)
        assert not await store.has_pending_push(work.session, START, day_before)
        assert not await store.has_pending_push(work.session, day_before, START)
        assert not (await load_minutes(work, indicator, START - timedelta(days=1), START)).state.any()
    await monitored.roll_up()
    async with monitored.runtime.begin() as work:
        assert not await store.has_pending_push(work.session, START, START)
        minutes = await load_minutes(work, indicator, START - timedelta(days=1), START)
        assert (len(minutes), minutes.end, minutes.state.tolist()[:6]) == (1440, START, [1, 1, 1, 1, 1, 0])
        late = await lock_late_arrivals(work.session, 10)
        assert [(str(arrival.indicator_id), arrival.hour) for arrival in late] == [
            (str(indicator), START - timedelta(days=1))
        ]
        for arrival in late:
            await work.session.delete(arrival)
    async with monitored.runtime.begin() as work:
        assert await lock_late_arrivals(work.session, 10) == []
        with pytest.raises(ValueError, match="whole minute"):
            await load_minutes(work, indicator, START, START + timedelta(seconds=90))

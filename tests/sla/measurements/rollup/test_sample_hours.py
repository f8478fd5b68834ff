"""The roll-up of samples against a slow, obvious reference; in any order, repeated, late, in any batches."""

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.indicators.rollup_rules import VALUE_ROLE, GoodWhen, SampleRole, SampleRule
from sla.measurements.data_points import DataPoints
from sla.measurements.histograms.columns import empty_histograms
from sla.measurements.minutes import HOUR_MS, MINUTE_MS, MinuteState, to_hour_start, unpack_hours
from sla.measurements.rollup.hours import PartLimits, StoredHours, roll_up_hours
from sla.measurements.rollup.sample_hours import SampleRollup
from sla.measurements.samples import MAX_READING_OVERLAP_MS, STALE_MARKER, START_MARKER, to_sample_set
from tests.sla.measurements.conftest import join_hours, samples_of
from tests.sla.measurements.rollup.cycles import run_cycles

FIRST = 400_000  # an hour in 2015
ROLES = {
    1: VALUE_ROLE,
    2: VALUE_ROLE,
    3: SampleRole(1, 0),
    4: SampleRole(0, 1),
    5: SampleRole(1, 1, delta=True),
    6: SampleRole(-1, 0),
    7: SampleRole(1, 1),
}

Triple = tuple[int, int, float]


def reference(triples: set[Triple], rule: SampleRule, first: int, hours: int) -> list[tuple[int, int, int]]:
    """Minute by minute, sample by sample."""
    series: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number, at, value in triples:
        if value != START_MARKER or ROLES[number] != VALUE_ROLE:
            series[number][at].append(value)
    minutes = []
    for minute in range(first * 60, (first + hours) * 60):
        good = total = 0
        is_known = False
        for number, instants in series.items():
            role = ROLES[number]
            for g, t in (
                _judged(instants, rule, minute) if role == VALUE_ROLE else _counted(instants, role, rule, minute)
            ):
                good, total, is_known = good + g, total + t, True
        minutes.append((good, total, 0 if not is_known else MinuteState.GOOD if good >= total else MinuteState.BAD))
    return minutes


def _judged(instants: dict[int, list[float]], rule: SampleRule, minute: int) -> Iterator[tuple[int, int]]:
    def verdict(at: int) -> bool | None:
        real = [value for value in instants[at] if not math.isnan(value)]
        return all(bool(rule.is_good(np.float64(value))) for value in real) if real else None

    inside = [at for at in instants if at // MINUTE_MS == minute]
    earlier = [at for at in instants if at // MINUTE_MS < minute and minute * MINUTE_MS - at < rule.hold_ms]
    for at in inside or ([max(earlier)] if earlier and max(at for at in instants if at // MINUTE_MS < minute) else []):
        if (good := verdict(at)) is not None:
            yield int(good), 1


def _counted(
    instants: dict[int, list[float]], role: SampleRole, rule: SampleRule, minute: int
) -> Iterator[tuple[int, int]]:
    counts = {
        at: [math.floor(v) for v in values if v >= 0 and v < 2**62 and (v != START_MARKER or len(values) == 1)]
        for at, values in instants.items()
    }
    points = sorted((at, min(values)) for at, values in counts.items() if values)
    if role.delta:
        for at, count in points:
            if at // MINUTE_MS == minute:
                yield role.to_good * count, role.to_total * count
    for (before, low), (after, high) in pairwise(points):
        if after - before <= rule.hold_ms and before // MINUTE_MS <= minute <= after // MINUTE_MS:
            here = after // MINUTE_MS == minute and not role.delta
            reset = high < low and (after - before > MAX_READING_OVERLAP_MS or 2 * high < low)
            increase = (high if reset else high - low) if here else 0
            yield role.to_good * increase, role.to_total * increase


def points_of(triples: list[Triple]) -> DataPoints:
    return DataPoints(to_sample_set(samples_of(triples)), empty_histograms())


def rolled_up(cycles: list[list[Triple]], rule: SampleRule, limits: PartLimits | None = None) -> StoredHours:
    return run_cycles(SampleRollup(rule), ROLES, map(points_of, cycles), limits)


def read(stored: StoredHours, first: int, hours: int) -> list[tuple[int, int, int]]:
    packed = [(60 * (number - first), hour.minutes) for number, hour in stored.hours.items() if hour.minutes]
    minutes = unpack_hours(to_hour_start(first), 60 * hours, join_hours(packed))
    return list(zip(minutes.good.tolist(), minutes.total.tolist(), minutes.state.tolist(), strict=True))


rules = st.builds(
    SampleRule,
    hold_ms=st.sampled_from([1_000, 15_000, MINUTE_MS, 90_000, 5 * MINUTE_MS, HOUR_MS]),
    good_when=st.sampled_from(GoodWhen),
    threshold=st.sampled_from([1.0, 2.5]),
)
instants = st.one_of(
    st.integers(0, 3 * HOUR_MS - 1),
    st.integers(0, 179).map(lambda n: n * MINUTE_MS),
    st.integers(0, 720).map(lambda n: n * 15_000),
    st.integers(0, 20).map(lambda n: n * 4_000),
).map(lambda offset: FIRST * HOUR_MS + offset)
values = st.one_of(
    st.integers(0, 20).map(float),
    st.sampled_from([STALE_MARKER, math.nan, 2.5, 0.0, -0.0, -1.0, math.inf, -math.inf, 1e300, START_MARKER]),
)
triples = st.lists(st.tuples(st.sampled_from(sorted(ROLES)), instants, values), max_size=60)


@given(triples, rules)
def test_minutes_equal_those_of_the_reference(triples: list[Triple], rule: SampleRule) -> None:
    stored = rolled_up([triples], rule)
    assert read(stored, FIRST - 1, 6) == reference(set(triples), rule, FIRST - 1, 6)


@given(triples, rules, st.data())
def test_order_repetition_and_batches_change_no_byte(
    triples: list[Triple], rule: SampleRule, data: st.DataObject
) -> None:
    once = rolled_up([triples], rule)
    repeated = data.draw(
        st.permutations(triples + data.draw(st.lists(st.sampled_from(triples), max_size=20)) if triples else triples)
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(repeated)), max_size=6)))
    cycles = [repeated[a:b] for a, b in pairwise([0, *cuts, len(repeated)])]
    stored = rolled_up(cycles, rule)
    assert (stored.hours, stored.parts) == (once.hours, once.parts)


@given(triples, rules)
def test_rolling_up_again_changes_nothing(triples: list[Triple], rule: SampleRule) -> None:
    stored = rolled_up([triples], rule)
    assert roll_up_hours(SampleRollup(rule), ROLES, stored, points_of(triples)) == ({}, {})


@given(triples, rules, st.data())
def test_a_large_hour_in_parts_has_the_minutes_of_the_whole_set(
    triples: list[Triple], rule: SampleRule, data: st.DataObject
) -> None:
    """Every part is large here, so that each cycle reads the fewest parts and adds differences to stored counts."""
    repeated = data.draw(st.permutations(triples))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(repeated)), max_size=12)))
    cycles = [repeated[a:b] for a, b in pairwise([0, *cuts, len(repeated)])]
    limits = PartLimits(max_points=data.draw(st.integers(2, 12)), large_points=0)

    stored = rolled_up([*cycles, repeated[:5]], rule, limits)

    once = rolled_up([triples], rule)
    assert {hour: packed.minutes for hour, packed in stored.hours.items()} == {
        hour: packed.minutes for hour, packed in once.hours.items()
    }
    kept_points, _ = stored.load(SampleRollup(rule), 0, 2**62)
    assert kept_points.pack() == points_of(triples).pack()


def test_samples_years_apart_touch_only_their_own_hours() -> None:
    stored = rolled_up([[(1, 0, 1.0), (1, 60 * 365 * 24 * HOUR_MS, 1.0)]], SampleRule(5 * MINUTE_MS))
    assert sorted(stored.hours) == [0, 60 * 365 * 24]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, (0, 1, MinuteState.BAD)), (1.0, (1, 1, MinuteState.GOOD)), (STALE_MARKER, (0, 0, MinuteState.UNKNOWN))],
)
def test_a_probe_is_up_down_or_unknown(value: float, expected: tuple[int, int, int]) -> None:
    stored = rolled_up([[(1, FIRST * HOUR_MS, value)]], SampleRule(MINUTE_MS))
    assert read(stored, FIRST, 1)[0] == expected


def test_a_sample_fills_its_five_minutes_and_no_more() -> None:
    stored = rolled_up([[(1, FIRST * HOUR_MS + 3 * MINUTE_MS, 1.0)]], SampleRule(5 * MINUTE_MS))
    assert [state for _, _, state in read(stored, FIRST, 1)[2:9]] == [0, 1, 1, 1, 1, 1, 0]


def test_a_counter_reset_counts_from_nothing() -> None:
    readings = [(7, FIRST * HOUR_MS + n * MINUTE_MS, value) for n, value in enumerate([100.0, 130.0, 5.0, 9.0])]
    assert [total for _, total, _ in read(rolled_up([readings], SampleRule(MINUTE_MS)), FIRST, 1)[:4]] == [0, 30, 5, 4]


def test_two_replicas_whose_readings_overlap_make_no_reset() -> None:
    """One began to read at 0.0 s and read at 0.9 s, the other began at 0.1 s and read at 0.2 s."""
    readings = [(0, 1000), (100, 993), (15_000, 1100), (15_100, 1090), (30_000, 1200)]
    triples = [(7, FIRST * HOUR_MS + at, float(value)) for at, value in readings]
    assert read(rolled_up([triples], SampleRule(MINUTE_MS)), FIRST, 1)[0][1] == 200
    later = [(7, at + MAX_READING_OVERLAP_MS * place, value) for place, (_, at, value) in enumerate(triples)]
    assert read(rolled_up([later], SampleRule(MINUTE_MS)), FIRST, 1)[0][1] > 2000  # too far apart to overlap


def test_a_counter_that_says_when_it_began_is_counted_from_there() -> None:
    at = FIRST * HOUR_MS
    triples = [(7, at, 5.0), (7, at + 20_000, START_MARKER), (7, at + 30_000, 8.0)]
    assert read(rolled_up([triples], SampleRule(MINUTE_MS)), FIRST, 1)[0][1] == 8
    assert (
        read(rolled_up([[*triples, (7, at + 20_000, 6.0)]], SampleRule(MINUTE_MS)), FIRST, 1)[0][1] == 3
    )  # it was read just then


def test_fractions_of_an_event_never_drift() -> None:
    triples = [(7, FIRST * HOUR_MS + n * MINUTE_MS, n * 0.4) for n in range(51)]
    assert sum(total for _, total, _ in read(rolled_up([triples], SampleRule(MINUTE_MS)), FIRST, 1)) == 20

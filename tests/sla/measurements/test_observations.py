"""What was observed up to a limit, and the quantiles of it: exact at edges, and one the other's counterpart."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sla.measurements.layouts import EXPLICIT, MIDDLE, Layout
from sla.measurements.observations import INFINITE, Observations, pack_observed, unpack_observed

START = datetime(2026, 2, 3, 12, tzinfo=UTC)
LAYOUTS = (Layout(EXPLICIT, 0.0, (0.1, 0.5, 2.0)), Layout(EXPLICIT, 0.0, (0.5, 1.0)), Layout(0))
KEYS = ((0, 1, 2, 3), (0, 1, 2), (0, MIDDLE - 1, MIDDLE, MIDDLE + 1))
rows = st.dictionaries(
    st.tuples(st.integers(0, 59), st.sampled_from([(n, key) for n, keys in enumerate(KEYS) for key in keys])),
    st.integers(1, 5) | st.just(2**61),
    max_size=12,
)
Rows = dict[tuple[int, tuple[int, int]], int]


def hour(rows: Rows) -> bytes:
    columns = [
        [minute for minute, _ in rows],
        [n for _, (n, _) in rows],
        [key for _, (_, key) in rows],
        [*rows.values()],
    ]
    known = np.isin(np.arange(60), columns[0])
    known[7] = True
    packed = pack_observed(known, LAYOUTS, tuple(np.array(column, np.int64) for column in columns))
    assert packed is not None
    return packed


def observed(rows: Rows, shift: int = 0, count: int = 60) -> Observations:
    return unpack_observed(START, count, [(-shift, hour(rows))])


@given(rows, st.integers(-30, 30), st.integers(0, 90))
def test_what_was_packed_is_read_again_in_any_window(rows: Rows, shift: int, count: int) -> None:
    found = observed(rows, shift, count)
    read = zip(found.minute.tolist(), found.layout.tolist(), found.key.tolist(), found.amount.tolist(), strict=True)
    assert {(minute, found.layouts[n], key): amount for minute, n, key, amount in read} == {
        (minute - shift, LAYOUTS[n], key): amount
        for (minute, (n, key)), amount in rows.items()
        if 0 <= minute - shift < count
    }
    places = {minute - shift for minute, _ in rows} | {7 - shift}
    assert found.known.nonzero()[0].tolist() == sorted(place for place in places if 0 <= place < count)
    assert len(found) == count


@given(rows, st.sets(st.integers(0, 59)), st.sampled_from(["0.05", "0.1", "0.5", "1", "1.5", "2"]), st.integers(1, 999))
def test_a_share_is_reached_exactly_when_its_quantile_is(rows: Rows, minutes: set[int], limit: str, share: int) -> None:
    found, mask = observed(rows), np.isin(np.arange(60), list(minutes))
    inside = dict.fromkeys({bucket for _, bucket in rows}, 0)
    for (minute, bucket), amount in rows.items():
        inside[bucket] += amount if minute in minutes else 0
    edges = {(n, key): LAYOUTS[n].edge(key) for n, key in inside}
    good = sum(
        amount for bucket, amount in inside.items() if (edge := edges[bucket]) is not None and edge <= Decimal(limit)
    )
    assert found.up_to(Decimal(limit), mask) == (good, sum(inside.values()))
    quantile = found.quantile(Fraction(share, 1000), mask)
    if not sum(inside.values()):
        assert quantile is None
    else:
        assert quantile is not None
        assert (quantile <= Decimal(limit)) == (good * 1000 >= share * sum(inside.values()))


def test_the_edges_that_stand_for_a_limit_are_told() -> None:
    found = observed({(0, (0, 1)): 1, (0, (1, 0)): 1, (0, (2, MIDDLE)): 2})
    assert found.edges_below(Decimal("0.7")) == [Decimal("0.5")]
    assert found.edges_below(Decimal("1.9")) == [Decimal("0.5"), Decimal(1)]
    assert found.edges_below(Decimal("0.3")) == [None, Decimal("0.1"), Decimal("0.25")]


def test_what_lies_above_every_edge_has_no_finite_quantile() -> None:
    everything = np.ones(60, np.bool_)
    assert observed({(0, (0, 3)): 1}).quantile(Decimal("0.5"), everything) == INFINITE
    assert observed({(0, (0, 3)): 1, (0, (0, 0)): 1}).quantile(Decimal("0.5"), everything) == Decimal("0.1")


@given(rows, rows)
def test_digests_tell_windows_apart(one: Rows, other: Rows) -> None:
    same = one == other
    assert (observed(one).digest() == observed(other).digest()) is same
    assert observed(one).digest() != observed(one, count=59).digest()
    assert hour(one) == hour(dict(reversed(one.items())))

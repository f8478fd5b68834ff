"""Native histograms over remote write, 1.0 and 2.0: counted exactly, whichever replica sends them."""

from datetime import timedelta

import pytest

from sla.measurements.receivers.remote_write_pb2 import BucketSpan, Histogram, Label, TimeSeries, WriteRequest
from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.receivers.sender_2 import AT, ELEVEN, HISTOGRAM, SECOND, native, push, request_of


def in_first(*histograms: Histogram) -> bytes:
    labels = [Label(name=a, value=b).SerializeToString() for a, b in HISTOGRAM]
    series = TimeSeries(labels=labels, histograms=histograms)
    return WriteRequest(timeseries=[series.SerializeToString()]).SerializeToString()


FORMS = {
    "whole counts": {},
    "floats": {
        "count_int": None,
        "count_float": 6.0,
        "positive_deltas": None,
        "positive_counts": [3.0, 1.0, 2.0],
    },
    "bounds": {"schema": -53, "custom_values": [1, 2, 4, 8]},
    "two spans": {"positive_spans": [BucketSpan(offset=1, length=1), BucketSpan(offset=0, length=2)]},
}


@pytest.mark.parametrize("second", [True, False])
@pytest.mark.parametrize("form", FORMS)
async def test_native_histograms_are_judged_by_their_buckets(
    monitored: MonitoredService, form: str, second: bool
) -> None:
    """Three observations were up to 2, one up to 4, two up to 8; before, there was none."""
    indicator = await monitored.define(
        kind="histogram", threshold=4, series=[{"selector": 'request_seconds{job="shop"}'}]
    )
    none = native(AT, (0, 0, 0), **({"schema": -53, "custom_values": [1, 2, 4, 8]} if form == "bounds" else {}))
    readings = (none, native(AT + 60_000, **FORMS[form]))
    raw = request_of((HISTOGRAM, {"histograms": readings})) if second else in_first(*readings)
    for _ in range(2):
        answer, written = await push(monitored, raw, SECOND if second else "application/x-protobuf")
        assert (answer.status_code, written) == (204, (0, 2, 0)), answer.text
    await monitored.roll_up()
    minutes = await monitored.minutes(indicator, ELEVEN + timedelta(minutes=1), 1)
    assert (minutes["good"], minutes["total"]) == ([4], [6])


@pytest.mark.parametrize("schema", [-4, 0, 8, 9, 52])
async def test_all_schemas_of_prometheus_are_taken(monitored: MonitoredService, schema: int) -> None:
    answer, written = await push(monitored, request_of((HISTOGRAM, {"histograms": [native(AT, schema=schema)]})))
    assert (answer.status_code, written) == (204, (0, 1, 0)), answer.text


async def test_observations_of_nan_are_in_no_bucket_and_never_good(monitored: MonitoredService) -> None:
    """Their sum is NaN, too; otherwise the count has to be what the buckets hold."""
    indicator = await monitored.define(kind="histogram", threshold=1024, series=[{"selector": "request_seconds"}])
    readings = (native(AT, (0, 0, 0)), native(AT + 60_000, count_int=9, sum=float("nan")))
    answer, written = await push(monitored, request_of((HISTOGRAM, {"histograms": readings})))
    assert (answer.status_code, written) == (204, (0, 2, 0)), answer.text
    await monitored.roll_up()
    minutes = await monitored.minutes(indicator, ELEVEN + timedelta(minutes=1), 1)
    assert (minutes["good"], minutes["total"]) == ([6], [9])


async def test_rounded_counts_are_what_their_buckets_hold(monitored: MonitoredService) -> None:
    indicator = await monitored.define(kind="histogram", threshold=4, series=[{"selector": "request_seconds"}])
    rounded = {"count_int": None, "count_float": 6.000001, "positive_deltas": None, "positive_counts": [3.0, 1.0, 2.0]}
    readings = (native(AT, (0, 0, 0)), native(AT + 60_000, **rounded))
    answer, written = await push(monitored, request_of((HISTOGRAM, {"histograms": readings})))
    assert (answer.status_code, written) == (204, (0, 2, 0)), answer.text
    await monitored.roll_up()
    minutes = await monitored.minutes(indicator, ELEVEN + timedelta(minutes=1), 1)
    assert (minutes["good"], minutes["total"]) == ([4], [6])


@pytest.mark.parametrize("second", [True, False])
async def test_gauge_histograms_are_passed_over_and_refuse_nothing(
    monitored: MonitoredService, *, second: bool
) -> None:
    indicator = await monitored.define(kind="histogram", threshold=4, series=[{"selector": "request_seconds"}])
    readings = (native(AT, (0, 0, 0)), native(AT + 30_000, (9, 9, 9), reset_hint=3), native(AT + 60_000))
    raw = request_of((HISTOGRAM, {"histograms": readings})) if second else in_first(*readings)
    answer, written = await push(monitored, raw, SECOND if second else "application/x-protobuf")
    assert (answer.status_code, written) == (204, (0, 3, 0)), answer.text
    await monitored.roll_up()
    minutes = await monitored.minutes(indicator, ELEVEN + timedelta(minutes=1), 1)
    assert (minutes["good"], minutes["total"]) == ([4], [6])


async def test_readings_of_two_replicas_that_overlap_double_nothing(monitored: MonitoredService) -> None:
    """The one that began first ended last."""
    indicator = await monitored.define(kind="histogram", threshold=4, series=[{"selector": "request_seconds"}])
    read = ((0, (30, 10, 20)), (100, (30, 10, 19)), (15_000, (40, 10, 20)), (15_100, (39, 10, 20)))
    for at, counts in read:
        await push(monitored, request_of((HISTOGRAM, {"histograms": [native(AT + at, counts)]})))
    await push(monitored, request_of((HISTOGRAM, {"histograms": [native(AT + 30_000, (50, 10, 25))]})))
    await monitored.roll_up()
    minutes = await monitored.minutes(indicator, ELEVEN, 1)
    assert (minutes["good"], minutes["total"]) == ([20], [25])

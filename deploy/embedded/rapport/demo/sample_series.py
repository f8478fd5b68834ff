"""What the sample organisation's monitors saw: the same for the same day, whenever it is asked for."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import product

import cramjam
import numpy as np
from numpy.typing import NDArray

from rapport.demo.indicators import DemoIndicator
from sla.measurements.receivers.remote_write_pb2 import Label, Sample, TimeSeries, WriteRequest

DAY = 86_400
FIRST_OUTAGE_DAY = 9
SMALL_OUTAGE_PROBABILITY = 0.05
"""Of the other days, with some minutes of trouble."""

NAME_LABEL = "__name__"
BUCKET_EDGES = ("0.5", "1", "2.5", "5", "+Inf")
"""Of a histogram's buckets, and how many of its events fall into each."""
GOOD_SHARES = (0.55, 0.3, 0.13, 0.015, 0.005)
BAD_SHARES = (0.1, 0.15, 0.25, 0.3, 0.2)

Floats = NDArray[np.float64]
Labels = dict[str, str]


def build_write_request(
    measures: Sequence[DemoIndicator], some: Sequence[date], since: datetime, until: datetime
) -> bytes | None:
    """Some days' samples after `since` and up to `until`, as a Prometheus would send them; None if there are none."""
    written: list[bytes] = []
    for measure, day in product(measures, some):
        midnight = datetime.combine(day, time(), UTC)
        offsets = np.arange(0, DAY, measure.interval_seconds)
        stamps = int(midnight.timestamp()) + offsets
        in_window = (stamps > since.timestamp()) & (stamps <= until.timestamp())
        for labels, values in generate_series(measure, day, offsets):
            if in_window.any():
                written.append(
                    encode_series({**labels, "job": measure.job}, stamps[in_window] * 1000, values[in_window])
                )
    body = WriteRequest(timeseries=written).SerializeToString()
    return bytes(cramjam.snappy.compress_raw(body)) if written else None


def encode_series(labels: dict[str, str], stamps: NDArray[np.int64], values: Floats) -> bytes:
    return TimeSeries(
        labels=[Label(name=name, value=value).SerializeToString() for name, value in sorted(labels.items())],
        samples=[
            Sample(value=value, timestamp=stamp) for stamp, value in zip(stamps.tolist(), values.tolist(), strict=True)
        ],
    ).SerializeToString()


def generate_series(measure: DemoIndicator, day: date, offsets: NDArray[np.int64]) -> Iterator[tuple[Labels, Floats]]:
    draw = seeded_generator(measure.name, day)
    bad = outage_mask(measure, day, offsets, draw)
    match measure.kind:
        case "availability":
            yield {NAME_LABEL: measure.metric}, np.where(bad, 0.0, 1.0)
        case "ratio":
            total = draw.poisson(measure.usual_value * (0.15 + 0.85 * load_curve(offsets)))
            failed = draw.binomial(total, np.where(bad, 0.45, 0.0008))
            # Counters begin anew each midnight, when the application is restarted.
            yield {NAME_LABEL: f"{measure.metric}_total"}, np.cumsum(total).astype(float)
            yield {NAME_LABEL: f"{measure.metric}_failed_total"}, np.cumsum(failed).astype(float)
        case "histogram":
            total = draw.poisson(measure.usual_value * (0.15 + 0.85 * load_curve(offsets)))
            shares = np.where(bad[:, np.newaxis], BAD_SHARES, GOOD_SHARES)
            buckets = draw.multinomial(total, shares).cumsum(axis=1).cumsum(axis=0)
            for edge, observed in zip(BUCKET_EDGES, buckets.T, strict=True):
                yield {NAME_LABEL: measure.metric, "le": edge}, observed.astype(float)
        case _:
            swing = measure.usual_value * (0.7 + 0.6 * load_curve(offsets)) * draw.lognormal(0, 0.12, len(offsets))
            yield {NAME_LABEL: measure.metric}, np.where(bad, (measure.threshold or 1.0) * 1.8, swing).round(3)


def outage_mask(
    measure: DemoIndicator, day: date, offsets: NDArray[np.int64], draw: np.random.Generator
) -> NDArray[np.bool_]:
    """Return when the service fails: a few minutes now and then, and hours on outage days."""
    bad = np.zeros(len(offsets), dtype=bool)
    hard = (day.month - 1) % 3 in measure.outages.months and 0 <= day.day - FIRST_OUTAGE_DAY < measure.outages.days
    minutes = (
        measure.outages.minutes if hard else int(draw.integers(3, 9)) if draw.random() < SMALL_OUTAGE_PROBABILITY else 0
    )
    if minutes:
        start = int(draw.integers(8 * 3600, 14 * 3600))
        bad |= (offsets >= start) & (offsets < start + minutes * 60)
    return bad


def load_curve(offsets: NDArray[np.int64]) -> Floats:
    """Return the load, from 0 at four in the night to 1 in the early afternoon."""
    curve: Floats = 0.5 - 0.5 * np.cos(2 * np.pi * (offsets / DAY - 4 / 24))
    return curve


def seeded_generator(name: str, day: date) -> np.random.Generator:
    digest = sha256(f"{name} {day}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def list_days(since: datetime, until: datetime) -> list[date]:
    first = since.date()
    return [first + timedelta(days=number) for number in range((until.date() - first).days + 1)]


def first_of_month(moment: date, back: int) -> date:
    """The first day of the month `back` months before that of `moment`."""
    months = moment.year * 12 + moment.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def complete_months(first: date, until: date) -> list[str]:
    """Complete months from `first` on, as 2026-08."""
    number = (until.year - first.year) * 12 + until.month - first.month
    return [f"{first_of_month(until, back):%Y-%m}" for back in range(number, 0, -1)]

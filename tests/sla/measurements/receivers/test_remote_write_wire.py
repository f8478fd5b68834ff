"""Remote write made by hand, over HTTP: what is written, what is refused and named, and the counts in the headers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sla.measurements.ingest.instants import EARLIEST_MS
from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.receivers import wire
from tests.sla.measurements.receivers.wire import (
    block,
    first,
    inner,
    labelled,
    native,
    number,
    referring,
    sample,
    second,
)

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
ELEVEN = NOON - timedelta(hours=1)
AT = int(ELEVEN.timestamp() * 1000)
NOW = int(NOON.timestamp() * 1000)
LAST = 2**63 - 1
UP = [("__name__", "up"), ("job", "shop")]
SYMBOLS = ["", *(text for pair in UP for text in pair)]
ALL = [1, 2, 3, 4]
GOOD = labelled(UP, sample(AT, 1.0))
GOOD_2 = referring(ALL, sample(AT, 1.0))


def of_second(*series: bytes) -> bytes:
    return second(SYMBOLS, *series)


async def push(monitored: MonitoredService, raw: bytes, kind: str = wire.FIRST, **headers: str) -> Any:
    return await monitored.push_raw(block(raw), **{"content-type": kind} | headers)


async def written_samples(monitored: MonitoredService) -> list[int]:
    """Return how many samples each push in the log has."""
    return [row["samples"] for row in await monitored.rows("SELECT samples FROM sla.push_batches ORDER BY id")]


ACCEPTED = {
    "unknown fields": (first(labelled(UP, sample(AT, 1.0) + number(9, 5), more=inner(20, "x")), more=inner(3, "m")), 1),
    "labels behind the sample": (first(GOOD + inner(1, inner(1, "zone") + inner(2, "a"))), 1),
    "the last of two values": (first(labelled(UP, wire.double(1, 2.0) + sample(AT, 1.0))), 1),
    "stale": (first(labelled(UP, sample(AT, wire.STALE))), 1),
    "infinite": (first(labelled(UP, sample(AT, float("inf")), sample(AT, float("-inf")))), 2),
    "the smallest number": (first(labelled(UP, sample(AT, 5e-324))), 1),
    "long ago": (first(labelled(UP, sample(EARLIEST_MS, 1.0))), 1),
    "any text": (first(labelled([*UP, ("size", "größe ☃ 𝄞")], sample(AT, 1.0))), 1),
    "no samples": (first(labelled(UP)), 0),
    "in any order": (first(labelled(UP[::-1], sample(AT, 1.0))), 1),
    "empty value": (first(labelled([("zone", ""), *UP], sample(AT, 1.0))), 1),
    "names that are any text": (first(labelled([("my label", "x"), ("__name__", "größe.☃")], sample(AT, 1.0))), 1),
    "the longest metric": (first(labelled([("__name__", "𝄞" * 512)], sample(AT, 1.0))), 1),
}


@pytest.mark.parametrize("name", ACCEPTED)
async def test_a_series_that_breaks_no_rule_is_written_and_counted(monitored: MonitoredService, name: str) -> None:
    raw, count = ACCEPTED[name]
    for _ in range(2):  # the second time by what is remembered
        answer = await push(monitored, raw)
        assert (answer.status_code, wire.written(answer)) == (204, (str(count), "0", "0"))
    assert await written_samples(monitored) == [count] * 2 * bool(count)


REFUSED = {
    "twice": (labelled([*UP, ("job", "a")], sample(AT, 1.0)), 'label "job" appears twice'),
    "twice, once empty": (labelled([*UP, ("job", "")], sample(AT, 1.0)), 'label "job" appears twice'),
    "empty metric": (labelled([("__name__", ""), ("job", "a")], sample(AT, 1.0)), "__name__ is missing"),
    "U+0000 in a name": (labelled([*UP, ("a\0", "b")], sample(AT, 1.0)), "not a valid label name"),
    "U+0000 in a metric": (labelled([("__name__", "a\0")], sample(AT, 1.0)), "U+0000"),
    "a long metric": (labelled([("__name__", "𝄞" * 513)], sample(AT, 1.0)), "not a valid metric name"),
    "a long name": (labelled([*UP, ("ö" * 1025, "b")], sample(AT, 1.0)), "not a valid label name"),
    "empty name": (labelled([("", "a"), *UP], sample(AT, 1.0)), '"" is not a valid label name'),
    "no labels": (labelled([], sample(AT, 1.0)), "__name__ is missing"),
    "empty series": (b"", "__name__ is missing"),
    "U+0000": (labelled([("__name__", "up"), ("job", "a\0")], sample(AT, 1.0)), "U+0000"),
    "no UTF-8": (inner(1, inner(1, b"__name__") + inner(2, b"\xff")) + inner(2, sample(AT, 1.0)), "cannot be read"),
    "torn": (GOOD[:-2], "cannot be read"),
    "the last instant": (labelled(UP, sample(LAST, 1.0)), f"{LAST} ms"),
    "the first instant": (labelled(UP, sample(-(2**63), 1.0)), f"{-(2**63)} ms"),
    "no time": (labelled(UP, b""), "before the year 2000"),
    "before 1970": (labelled(UP, sample(-1, 1.0)), "before the year 2000"),
    "before 2000": (labelled(UP, sample(EARLIEST_MS - 1, 1.0)), "before the year 2000"),
    "too far ahead": (labelled(UP, sample(NOW + 600_001, 1.0)), "ahead"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_series_that_breaks_a_rule_is_named_and_the_others_are_written(
    monitored: MonitoredService, name: str
) -> None:
    series, reason = REFUSED[name]
    for _ in range(2):
        answer = await push(monitored, first(GOOD, series, GOOD))
        assert (answer.status_code, wire.written(answer)) == (400, ("2", "0", "0"))
        assert reason in answer.json()["detail"]
        assert " 1" in answer.json()["detail"]  # its place
    assert await written_samples(monitored) == [2, 2]


REFUSED_2 = {
    "beyond the symbols": (referring([1, 2, 3, 5], sample(AT, 1.0)), "beyond the 5"),
    "far beyond": (referring([1, 2, 3, 2**32 - 1], sample(AT, 1.0)), "beyond the 5"),
    "odd": (referring([1, 2, 3], sample(AT, 1.0)), "not pairs"),
    "an empty name": (referring([1, 2, 0, 4], sample(AT, 1.0)), "not a valid label name"),
    "twice": (referring([1, 2, 3, 4, 3, 2], sample(AT, 1.0)), 'label "job" appears twice'),
    "no name": (referring([3, 4], sample(AT, 1.0)), "__name__ is missing"),
    "both": (referring(ALL, sample(AT, 1.0), more=inner(3, native(AT))), "both samples and histograms"),
    "neither": (referring(ALL, more=inner(5, number(1, 1))), "neither samples nor histograms"),
    "far ahead, since a little less": (referring(ALL, sample(LAST, 1.0, LAST - 5)), f"{LAST} ms"),
    "histogram far ahead": (referring(ALL, more=inner(3, native(LAST))), f"{LAST} ms"),
    "histogram before 1970": (referring(ALL, more=inner(3, native(-5))), "before the year 2000"),
    "a count beyond all": (referring(ALL, more=inner(3, native(AT, 2**64 - 1))), "too large"),
}


@pytest.mark.parametrize("name", REFUSED_2)
async def test_a_series_of_version_2_that_breaks_a_rule_is_named(monitored: MonitoredService, name: str) -> None:
    series, reason = REFUSED_2[name]
    for _ in range(2):
        answer = await push(monitored, of_second(GOOD_2, series, GOOD_2), wire.SECOND)
        assert (answer.status_code, wire.written(answer)) == (400, ("2", "0", "0"))
        assert reason in answer.json()["detail"]
        assert ";" not in answer.json()["detail"]  # once
    assert await written_samples(monitored) == [2, 2]


ACCEPTED_2 = {
    "since a minute": (of_second(referring(ALL, sample(AT, 1.0, AT - 60_000))), ("1", "0", "0")),
    "since then": (of_second(referring(ALL, sample(AT, 1.0, AT))), ("1", "0", "0")),
    "since later": (of_second(referring(ALL, sample(AT, 1.0, AT + 1))), ("1", "0", "0")),
    "since ever": (of_second(referring(ALL, sample(AT, 1.0, -(2**63)))), ("1", "0", "0")),
    "references one by one": (
        of_second(b"".join(number(1, reference) for reference in ALL) + inner(2, sample(AT, 1.0))),
        ("1", "0", "0"),
    ),
    "metadata of no symbol": (
        of_second(referring(ALL, sample(AT, 1.0), more=inner(5, number(3, 99)))),
        ("1", "0", "0"),
    ),
    "histograms": (of_second(referring(ALL, more=inner(3, native(AT)) + inner(3, native(AT + 1)))), ("0", "2", "0")),
    "the end of a histogram": (
        of_second(referring(ALL, more=inner(3, wire.double(3, wire.STALE) + number(15, AT)))),
        ("0", "1", "0"),
    ),
    "an exemplar": (of_second(referring(ALL, more=inner(4, number(3, AT)))), ("0", "0", "1")),
    "exemplars behind a sample": (
        of_second(referring(ALL, sample(AT, 1.0), more=2 * inner(4, number(3, AT)))),
        ("1", "0", "2"),
    ),
    "in any order": (of_second(referring([3, 4, 1, 2], sample(AT, 1.0))), ("1", "0", "0")),
    "an empty value": (of_second(referring([1, 2, 3, 0], sample(AT, 1.0))), ("1", "0", "0")),
    "nothing": (b"", ("0", "0", "0")),
}


@pytest.mark.parametrize("name", ACCEPTED_2)
async def test_a_series_of_version_2_that_breaks_no_rule_is_counted(monitored: MonitoredService, name: str) -> None:
    raw, counts = ACCEPTED_2[name]
    for _ in range(2):
        answer = await push(monitored, raw, wire.SECOND)
        assert (answer.status_code, wire.written(answer)) == (204, counts)


@pytest.mark.parametrize(
    "raw",
    [second([], referring([], sample(AT, 1.0))), second(SYMBOLS[1:], referring([0, 1], sample(AT, 1.0))), first(GOOD)],
)
async def test_a_body_is_of_the_version_it_says(monitored: MonitoredService, raw: bytes) -> None:
    answer = await push(monitored, raw, wire.SECOND)
    assert (answer.status_code, wire.written(answer)) == (400, ("0", "0", "0"))


async def test_a_body_of_version_2_that_says_nothing_of_it_is_refused(monitored: MonitoredService) -> None:
    answer = await push(monitored, of_second(GOOD_2), "application/x-protobuf")
    assert (answer.status_code, wire.written(answer)) == (400, ("0", "0", "0"))
    assert "proto=io.prometheus.write.v2.Request" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("APPLICATION/X-Protobuf", first(GOOD)),
        (' application/x-protobuf ; charset=utf-8; PROTO="prometheus.WriteRequest" ', first(GOOD)),
        ('application/x-protobuf;proto="io.prometheus.write.v2.Request"', of_second(GOOD_2)),
        ("application/x-protobuf;; proto = IO.Prometheus.Write.v2.Request", of_second(GOOD_2)),
    ],
)
async def test_types_in_all_spellings(monitored: MonitoredService, kind: str, raw: bytes) -> None:
    answer = await push(monitored, raw, kind, **{"content-encoding": " Snappy"})
    assert (answer.status_code, wire.written(answer)) == (204, ("1", "0", "0"))


FAILING = {
    "type": ({"content-type": "application/json"}, 415),
    "no type": ({"content-type": ""}, 415),
    "an endless parameter": ({"content-type": 'application/x-protobuf;proto="' + "a;" * 30_000}, 415),
    "no message": ({"content-type": "application/x-protobuf; proto="}, 415),
    "encoding": ({"content-encoding": "gzip"}, 415),
    "two encodings": ({"content-encoding": "snappy, gzip"}, 415),
    "nobody": ({"authorization": "Bearer x"}, 401),
    "unfit key": ({"idempotency-key": "\x01"}, 422),
}


@pytest.mark.parametrize("name", FAILING)
async def test_a_failed_push_says_that_nothing_is_written(monitored: MonitoredService, name: str) -> None:
    headers, status = FAILING[name]
    answer = await push(monitored, first(GOOD), **headers)
    assert (answer.status_code, wire.written(answer)) == (status, ("0", "0", "0"))


async def test_nothing_is_written_for_people(monitored: MonitoredService) -> None:
    answer = await push(monitored, first(GOOD), **monitored.headers("viewer"))
    assert (answer.status_code, wire.written(answer)) == (403, ("0", "0", "0"))


BODIES = {
    "a frame": (wire.framed(first(GOOD)), 400),
    "torn": (block(first(GOOD))[:-1], 400),
    "more than it says": (block(first(GOOD)) + b"more", 400),
    "less than it says": (wire.varint(31 << 20) + bytes(50), 400),
    "a length beyond all": (wire.varint(1 << 40) + bytes(50), 400),
    "nothing": (b"", 400),
    "too large inside": (block(bytes((32 << 20) + 1)), 413),
    "too large": (bytes((32 << 20) + 1), 413),
    "too many empty series": (block(inner(1, b"") * (8 << 20)), 413),
    "too many series": (block(first(b"") * 1_000_001), 413),
    "too many samples": (block(first(labelled(UP) + inner(2, b"") * 1_000_000)), 413),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("kind", [wire.FIRST, wire.SECOND])
async def test_a_body_that_is_no_request_is_refused(monitored: MonitoredService, name: str, kind: str) -> None:
    body, status = BODIES[name]
    if kind == wire.SECOND and name.startswith("too many"):
        many_samples = referring(ALL) + inner(2, b"") * 1_000_000
        body = block(of_second(*[b""] * 1_000_000) if name.endswith("series") else of_second(many_samples))
    answer = await monitored.push_raw(body, **{"content-type": kind})
    assert (answer.status_code, wire.written(answer)) == (status, ("0", "0", "0"))
    assert await written_samples(monitored) == []


async def test_a_body_that_does_not_say_how_long_it_is(monitored: MonitoredService) -> None:
    async def megabytes() -> Any:
        for _ in range(33):
            yield bytes(1 << 20)

    answer = await monitored.push_raw(megabytes())
    assert (answer.status_code, wire.written(answer)) == (413, ("0", "0", "0"))


async def test_a_counter_counts_from_when_it_began_however_it_is_read(monitored: MonitoredService) -> None:
    """The first push is parsed label by label, the second finds its series in the cache."""
    volume = await monitored.define(kind="volume", series=[{"selector": "up", "part": "total"}])
    for minute, value in ((0, 5.0), (1, 7.0)):
        since = AT + 60_000 * minute + 1_000
        answer = await push(monitored, of_second(referring(ALL, sample(since + 30_000, value, since))), wire.SECOND)
        assert (answer.status_code, wire.written(answer)) == (204, ("1", "0", "0"))
    await monitored.roll_up()
    assert (await monitored.minutes(volume, ELEVEN, 2))["total"] == [5, 7]

"""Lines of text, read as they were written, or refused one by one in linear time."""

import math
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics

from common.errors import Invalid, TooLarge
from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.ingest.instants import EARLIEST_MS
from sla.measurements.receivers.errors import LinesUnreadable
from sla.measurements.receivers.lines.grouping_labels import read_extra_labels, read_grouping
from sla.measurements.receivers.lines.prometheus_text import decode_text
from tests.sla.measurements.receivers.lines.reading import NOW, read_influx, read_text, series_of, texts


def test_what_a_client_of_prometheus_exposes() -> None:
    registry = CollectorRegistry()
    Counter("requests_total", 'All "requests"\nof \\ users', ["path"], registry=registry).labels('a"\\\nä').inc(3)
    Gauge("temperature", "Now", registry=registry).set(-math.inf)
    Histogram("duration_seconds", "Time", buckets=(0.1, 1), registry=registry).observe(0.5)
    Summary("size", "Bytes", registry=registry).observe(7)

    push = read_text(generate_latest(registry))

    read = {(labels.pop("__name__"), *labels.values()): value for labels, _, value in series_of(push)}
    assert push.refusals.count == 0
    assert {key: value for key, value in read.items() if not key[0].endswith("_created")} == {
        ("requests_total", 'a"\\\nä'): 3,
        ("temperature",): -math.inf,
        ("duration_seconds_bucket", "0.1"): 0,
        ("duration_seconds_bucket", "1.0"): 1,
        ("duration_seconds_bucket", "+Inf"): 1,
        ("duration_seconds_count",): 1,
        ("duration_seconds_sum",): 0.5,
        ("size_count",): 1,
        ("size_sum",): 7,
    }


@pytest.mark.parametrize(
    ("line", "labels", "at", "value"),
    [
        ("up 1", {}, NOW, 1),
        ("up\t1 1770116400000", {}, 1_770_116_400_000, 1),
        ("  up { } 1e3 \r", {}, NOW, 1000),
        ("up 1\r", {}, NOW, 1),
        ("up 1 946684800000\r", {}, EARLIEST_MS, 1),
        ("up -inf\r", {}, NOW, -math.inf),
        ('up{job="a", instance="b",} .5 946684800000', {"job": "a", "instance": "b"}, EARLIEST_MS, 0.5),
        ('{"up"} +Inf', {}, NOW, math.inf),
        ('{"up", "my.label" = "x"} nan', {"my.label": "x"}, NOW, "NaN"),
        ('up{job="a}b=\\"c\\\\"}5', {"job": 'a}b="c\\'}, NOW, 5),
        ('up{job=""} 1', {}, NOW, 1),
    ],
)
def test_a_sample_of_prometheus_text(line: str, labels: dict[str, str], at: int, value: Any) -> None:
    push = read_text(f"# TYPE up gauge\n\n{line}\n")
    assert push.refusals.message == ""
    assert series_of(push) == [({"__name__": "up"} | labels, at, value)]


OPEN_METRICS = """\
# TYPE foo_seconds histogram
# UNIT foo_seconds seconds
foo_seconds_bucket{le="0.1"} 3 1770116400.25 # {trace_id="a # {b"} 0.05 1770116400.1
foo_seconds_bucket{le="+Inf"} 4 # {} 0.5
foo_seconds_created 1770116000.5 1770116400
# EOF
"""


@pytest.mark.parametrize(
    "read",
    [
        lambda: read_text(OPEN_METRICS),
        lambda: read_text(OPEN_METRICS.replace("\n", "\r\n") + "\n"),
        lambda: decode_text(OPEN_METRICS.removesuffix("# EOF\n").encode(), {}, NOW, is_open_metrics=True),
    ],
)
def test_open_metrics_has_times_in_seconds_and_exemplars(read: Callable[[], DecodedPush]) -> None:
    push = read()
    assert push.refusals.message == ""
    assert push.exemplars == 2
    assert series_of(push) == [
        ({"__name__": "foo_seconds_bucket", "le": "0.1"}, 1_770_116_400_250, 3),
        ({"__name__": "foo_seconds_bucket", "le": "+Inf"}, NOW, 4),
        ({"__name__": "foo_seconds_created"}, 1_770_116_400_000, 1_770_116_000.5),
    ]


@pytest.mark.parametrize(
    "line", ["up 1 1e9", "up 1 .5", "up 1 1770116400000", "up 1 1 1", "up 1 # note", 'up 1 # {a="b"', "up # {} 1"]
)
def test_a_line_of_open_metrics_that_breaks_a_rule_is_named(line: str) -> None:
    push = read_text(f"a 1\n{line}\n# EOF\n")
    expected = ["a", "up"] if line == 'up 1 # {a="b"' else ["a"]  # what an exemplar says is not read
    assert [labels["__name__"] for labels, _, _ in series_of(push)] == expected


def test_what_a_client_exposes_as_open_metrics() -> None:
    registry = CollectorRegistry()
    Counter("requests_total", "All", registry=registry).inc(3, {"trace_id": "x"})
    push = read_text(openmetrics.generate_latest(registry))
    assert (push.refusals.message, push.exemplars) == ("", 1)
    assert [labels["__name__"] for labels, _, _ in series_of(push)] == ["requests_total", "requests_created"]


def test_a_mark_of_the_byte_order_is_no_part_of_a_name() -> None:
    assert series_of(read_text("\ufeffup 1\n")) == [({"__name__": "up"}, NOW, 1)]


@pytest.mark.parametrize(
    "line",
    [
        "up",
        "up one",
        "up 1 2 3",
        "up 1_000",
        "up 0x10",
        "up 1e400",
        "up 1 1.5",
        "1up 1",
        "my.metric 1",
        "up{job=a} 1",
        'up{job="a" 1',
        'up{job="a" instance="b"} 1',
        'up{job="a",job="b"} 1',
        'up{"other"} 1',
        'up{,job="a"} 1',
        '{job="a"} 1',
        'up{job="a"} 1 # {trace="x"} 1',
        f"up {NOW} {NOW + 600_001}",
        "up 1 -1",
        "up 1 9999999999999999999",
        'rapport_alert{job="a"} 1',
        'up{job="\x00"} 1',
        "up{" + ",".join(f'l{number}="x"' for number in range(101)) + "} 1",
        "up " + "1" * 500,
    ],
)
def test_a_line_of_prometheus_text_that_breaks_a_rule_is_named_and_the_others_are_read(line: str) -> None:
    push = read_text(f"a 1\n{line}\nb 2\n")
    assert [labels["__name__"] for labels, _, _ in series_of(push)] == ["a", "b"]
    assert push.refusals.count == 1
    assert push.refusals.message.startswith("line 2: ")


labels = st.dictionaries(texts.filter(lambda name: not name.startswith("__")), texts, max_size=4)
numbers = st.floats(allow_nan=False)
times = st.integers(EARLIEST_MS, NOW)


def quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def write_text(name: str, pairs: dict[str, str], at: int, value: float) -> str:
    terms = [quote(name), *(f"{quote(label)}={quote(text)}" for label, text in pairs.items())]
    return f"{{{','.join(terms)}}} {value!r} {at}"


@given(st.lists(st.tuples(texts, labels, times, numbers), max_size=5))
def test_prometheus_text_is_read_as_it_was_written(samples: list[tuple[str, dict[str, str], int, float]]) -> None:
    samples = [sample for sample in samples if sample[0] != "rapport_alert"]
    push = read_text("\n".join(write_text(*sample) for sample in samples))
    assert push.refusals.message == ""
    assert series_of(push) == [({"__name__": name} | pairs, at, value) for name, pairs, at, value in samples]


@given(
    st.binary(max_size=60) | st.text('ab{}=",\\ \n#1.e', max_size=60).map(str.encode),
    st.sampled_from([read_text, read_influx]),
)
def test_whatever_comes_is_read_or_refused(raw: bytes, read: Callable[[bytes], DecodedPush]) -> None:
    with suppress(LinesUnreadable):
        assert all(series.labels for series in read(raw).labelled_series)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b'a{l="' + b"\\\\" * 2_000_000 + b'"} 1', read_text),
        (b'a{l="x",' + b'"' * 4_000_000, read_text),
        (b"a{" * 2_000_000, read_text),
        (b"a" + b" " * 4_000_000 + b"x y", read_text),
        (b"m" + b",a=b" * 1_000_000, read_influx),
        (b"m\\" * 2_000_000, read_influx),
        (b'm f="' + b'\\"' * 2_000_000, read_influx),
        (b"m f=1" + b" " * 4_000_000 + b"x", read_influx),
    ],
)
def test_a_line_takes_linear_time(raw: bytes, read: Callable[[bytes], DecodedPush]) -> None:
    began = time.process_time()
    assert read(raw).refusals.count == 1
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b"a 1\n" * 100_001, read_text),
        (b"\n" * 100_001, read_influx),
        ((b"a{" + b",".join(b'l%d="x"' % number for number in range(99)) + b"} 1\n") * 20_000, read_text),
        (b"m " + b",".join(b"f%d=1" % number for number in range(300_000)), read_influx),
        (b"m" + b",t=a" * 99 + b" " + b",".join(b"f%d=1" % number for number in range(20_000)), read_influx),
    ],
)
def test_what_would_become_too_large_is_refused(raw: bytes, read: Callable[[bytes], DecodedPush]) -> None:
    began = time.process_time()
    with pytest.raises(TooLarge):
        read(raw)
    assert time.process_time() - began < 5


def test_labels_of_the_address() -> None:
    assert read_grouping("job/backup/instance/db1/") == {"job": "backup", "instance": "db1"}
    assert read_grouping("job@base64/bmlnaHQvbHk/empty@base64/=") == {"job": "night/ly", "empty": ""}
    assert read_extra_labels(["job=a=b", "env="]) == {"job": "a=b", "env": ""}
    assert series_of(read_text('up{job="own"} 1', job="given")) == [({"__name__": "up", "job": "given"}, NOW, 1)]
    for text in ("job", "=a", "", "__name__=up"):
        with pytest.raises(Invalid):
            read_extra_labels([text])
    with pytest.raises(Invalid):
        read_extra_labels(["env=a", "env=b"])


@pytest.mark.parametrize(
    "path",
    [
        "",
        "job",
        "instance/a",
        "job/a/instance",
        "job@base64/a",
        "job@base64/_w",
        "job@base64/%%%",
        "job@base64/=",
        "job/a" * 30,
        "jobless/x",
        "job//instance/x",
        "job/a/job/b",
        "job/a/__name__/up",
        "job/a/__name__@base64/dXA",
    ],
)
def test_a_path_that_names_no_job_or_renames_metrics_is_refused(path: str) -> None:
    with pytest.raises(Invalid):
        read_grouping(path)

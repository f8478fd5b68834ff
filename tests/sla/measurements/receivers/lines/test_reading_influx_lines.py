"""The line protocol of InfluxDB, read as Telegraf names its fields for Prometheus."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.measurements.ingest.instants import EARLIEST_MS
from sla.measurements.receivers.lines.influx_lines import PRECISIONS
from tests.sla.measurements.receivers.lines.reading import NOW, read_influx, series_of, texts

TELEGRAF = """\
cpu,cpu=cpu-total,host=web\\ 1 usage_idle=91.5,usage_user=3i,busy=true,model="Xeon, \\"gold\\"\nE5" 1770116400000000000
prometheus,le=0.5,url=http://shop:9090/metrics http_request_duration_seconds_bucket=4 1770116400000000000
# a comment

disk,host=web\\ 1,path=/var\\,log used.percent=12.5\r
"""


def test_lines_of_telegraf() -> None:
    push = read_influx(TELEGRAF)
    cpu, then = {"cpu": "cpu-total", "host": "web 1"}, 1_770_116_400_000
    bucket = {"le": "0.5", "url": "http://shop:9090/metrics"}
    assert push.refusals.message == ""
    assert series_of(push) == [
        ({"__name__": "cpu_usage_idle"} | cpu, then, 91.5),
        ({"__name__": "cpu_usage_user"} | cpu, then, 3),
        ({"__name__": "cpu_busy"} | cpu, then, 1),
        ({"__name__": "http_request_duration_seconds_bucket"} | bucket, then, 4),
        ({"__name__": "disk_used_percent", "host": "web 1", "path": "/var,log"}, NOW, 12.5),
    ]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_times_of_lines_have_a_precision(precision: str) -> None:
    factor, divisor = PRECISIONS[precision]
    hour = 3_600_000 * 490_000
    assert [at for _, at, _ in series_of(read_influx(f"m f=1 {hour * divisor // factor}", precision))] == [hour]


@pytest.mark.parametrize(
    "line",
    [
        "m",
        "m f",
        "m f=",
        "m =1",
        "m f=1,",
        "m f=1 1 1",
        "m f=1 1.5",
        'm f="x',
        "m,t f=1",
        "m,t= f=1",
        "m,t=1,t=2 f=1",
        ",t=1 f=1",
        "m f=NaN",
        "m f=+Inf",
        "m f=1_0",
        "m f=1.5i",
        "m f=0x1",
        "m f=1e400",
        "m f=-1e400",
        "m f=-1u",
        "m f=18446744073709551616u",
        "m f=9223372036854775808i",
        "m f=99999999999999999999i",
        "prometheus é=1",
        "m f=yes",
        f"m f=1 {NOW + 600_001}000000",
        "m f=1 -1",
        "m," + ",".join(f"t{number}=x" for number in range(101)) + " f=1",
    ],
)
def test_a_line_of_influx_that_breaks_a_rule_is_named_and_the_others_are_read(line: str) -> None:
    push = read_influx(f"a f=1\n{line}\nb f=2\n")
    assert [labels["__name__"] for labels, _, _ in series_of(push)] == ["a_f", "b_f"]
    assert push.refusals.count == 1
    assert push.refusals.message.startswith("line 2")


@pytest.mark.parametrize("value", ["9223372036854775807i", "-9223372036854775808i", "18446744073709551615u", "1.7e308"])
def test_the_largest_numbers_of_influx_are_read(value: str) -> None:
    assert [read for _, _, read in series_of(read_influx(f"m f={value}"))] == [float(value.rstrip("iu"))]


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("1cpu v=1", {"__name__": "cpu_v"}),
        ("cpu% v%=1", {"__name__": "cpu__v"}),
        ("_cpu v_=1", {"__name__": "_cpu_v_"}),
        ("_cpu v%=1", {"__name__": "cpu_v"}),
        ("a:b c:d=1", {"__name__": "a:b_c:d"}),
        ("cpu,a:b=x,9=y,é=z,2nd%=w v=1", {"__name__": "cpu_v", "a_b": "x", "nd": "w"}),
        ("\ufeffcpu v=1", {"__name__": "cpu_v"}),
    ],
)
def test_names_are_mended_as_telegraf_mends_them(line: str, labels: dict[str, str]) -> None:
    push = read_influx(line)
    assert push.refusals.message == ""
    assert [read for read, _, _ in series_of(push)] == [labels]


def test_of_a_point_the_fields_that_break_no_rule_are_read() -> None:
    push = read_influx("m a=1,b=NaN,c=3")
    assert [labels["__name__"] for labels, _, _ in series_of(push)] == ["m_a", "m_c"]
    assert push.refusals.message == "line 1, field b: its value is not a number, a truth or a text"


keys = st.text("ab1_ ,=é", min_size=1, max_size=6)


def escape(text: str, marks: str = ",= ") -> str:
    return re.sub(f"([{marks}])", r"\\\1", text)


def name_of(text: str) -> str:
    if re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", text):
        return text
    return (re.sub("[^a-zA-Z_]", "", text[:1]) + re.sub("[^a-zA-Z0-9_]", "_", text[1:])).strip("_")


@given(
    st.lists(
        st.tuples(
            keys,
            st.dictionaries(keys, keys, max_size=3),
            st.dictionaries(
                keys, st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | texts, min_size=1, max_size=3
            ),
            st.integers(EARLIEST_MS, NOW),
        ),
        max_size=4,
    )
)
def test_influx_lines_are_read_as_they_were_written(
    points: list[tuple[str, dict[str, str], dict[str, Any], int]],
) -> None:
    lines, expected = [], []
    for measurement, tags, fields, at in points:
        names = [name_of(tag) for tag in tags if name_of(tag)]
        if len(set(names)) < len(names) or not all(name_of(f"{measurement}_{key}") for key in fields):
            continue
        written = [f"{escape(key)}={quote_field(value)}" for key, value in fields.items()]
        head = "".join([escape(measurement, ", "), *(f",{escape(tag)}={escape(value)}" for tag, value in tags.items())])
        lines.append(f"{head} {','.join(written)} {at}")
        labels = {name_of(tag): value for tag, value in tags.items() if name_of(tag)}
        expected += [
            ({"__name__": name_of(f"{measurement}_{key}")} | labels, at, float(value))
            for key, value in fields.items()
            if not isinstance(value, str)
        ]
    push = read_influx("\n".join(lines), "ms")
    assert push.refusals.message == ""
    assert series_of(push) == expected


def quote_field(value: Any) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)

"""The line protocol of InfluxDB, read as Telegraf names its fields for Prometheus."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_of_a_point_the_fields_that_break_no_rule_are_read() -> None:
    push = read_influx("m a=1,b=NaN,c=3")
    assert [labels["__name__"] for labels, _, _ in series_of(push)] == ["m_a", "m_c"]
    assert push.refusals.message == "line 1, field b: its value is not a number, a truth or a text"


keys = st.text("ab1_ ,=é", min_size=1, max_size=6)


def escape(text: str, marks: str = ",= ") -> str:
    return re.sub(f"([{marks}])", r"\\\1", text)


def name_of(text: str) -> str:
    return re.sub("^[^a-zA-Z_:]|[^a-zA-Z0-9_:]", "_", text)


@given(
    st.lists(
        st.tuples(
            keys,
            st.dictionaries(keys, keys, max_size=3),
            st.dictionaries(
                keys, st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | texts, min_size=1, max_size=3
            ),
            st.integers(0, NOW),
        ),
        max_size=4,
    )
)
def test_influx_lines_are_read_as_they_were_written(
    points: list[tuple[str, dict[str, str], dict[str, Any], int]],
) -> None:
    lines, expected = [], []
    for measurement, tags, fields, at in points:
        if len({name_of(tag) for tag in tags}) < len(tags):
            continue
        written = [f"{escape(key)}={quote_field(value)}" for key, value in fields.items()]
        head = "".join([escape(measurement, ", "), *(f",{escape(tag)}={escape(value)}" for tag, value in tags.items())])
        lines.append(f"{head} {','.join(written)} {at}")
        labels = {name_of(tag): value for tag, value in tags.items()}
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

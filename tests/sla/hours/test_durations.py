"""ISO 8601 durations, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.hours.durations import LONGEST_DURATION, format_duration, parse_duration
from sla.hours.spans import DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("PT0S", 0),
        ("P0D", 0),
        ("PT34H", 34 * HOUR),
        ("PT1H33M36S", HOUR + 33 * MINUTE + 36 * SECOND),
        ("P1W2DT3H", 9 * DAY + 3 * HOUR),
        ("PT0.5H", 30 * MINUTE),
        ("PT1,25S", 1_250_000),
        ("PT0.000001S", 1),
        ("PT90M", 90 * MINUTE),
    ],
)
def test_read(text: str, amount: int) -> None:
    assert parse_duration(text) == amount


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "1H", "PT1", "pt1h", "PT1H ", "PT-1H", "-PT1H", "+PT1H", "P1Y", "P1M", "P1Y2M3DT4H",
     "PT1H1H", "PT1M1H", "PT1.5.5S", "PT0.0000001S", "PT\u0661H", "PT1e3S", "P1000000000W", "P9999W", "PT1H\n", "P1H"],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".{10}"):
        parse_duration(text)


@given(st.integers(0, LONGEST_DURATION))
def test_written_and_read_again(amount: int) -> None:
    assert parse_duration(format_duration(amount)) == amount


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "PT0S"), (34 * HOUR, "PT34H"), (-HOUR, "-PT1H"), (1_500_000, "PT1.5S"), (500_000, "PT0.5S"), (DAY, "PT24H")],
)
def test_written(amount: int, text: str) -> None:
    assert format_duration(amount) == text

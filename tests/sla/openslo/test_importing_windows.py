"""Importing time windows: aligned with the calendar, rolling, or read as the nearest window with a warning."""

import pytest

from sla.agreements.objectives import CalendarUnit, CalendarWindow, RollingWindow
from tests.sla.openslo.bundles import SLO, aligned, as_yaml, errors_of, only_objective, rolling, warnings_of, written
from tests.sla.openslo.conftest import Read

MONTH = CalendarWindow(calendar=CalendarUnit.CALENDAR_MONTH)
DURATION = "documents.0.spec.timeWindow.0.duration"


@pytest.mark.parametrize(
    ("duration", "window"),
    [
        ("1M", MONTH),
        ("1Q", CalendarWindow(calendar=CalendarUnit.CALENDAR_QUARTER)),
        ("1Y", CalendarWindow(calendar=CalendarUnit.CALENDAR_YEAR)),
        ("3M", CalendarWindow(calendar=CalendarUnit.CALENDAR_QUARTER)),
        ("12M", CalendarWindow(calendar=CalendarUnit.CALENDAR_YEAR)),
        ("4Q", CalendarWindow(calendar=CalendarUnit.CALENDAR_YEAR)),
    ],
)
def test_windows_aligned_with_the_calendar(read: Read, duration: str, window: CalendarWindow) -> None:
    imported = read(written(timeWindow=aligned(duration)))

    assert only_objective(imported).window == window
    assert DURATION not in warnings_of(imported)
    assert imported.terms["service_hours"]["timezone"] == "Europe/Paris"


@pytest.mark.parametrize(("duration", "days"), [("2w", 14), ("48h", 2), ("1440m", 1), ("366d", 366)])
def test_rolling_windows_of_whole_days(read: Read, duration: str, days: int) -> None:
    imported = read(written(timeWindow=rolling(duration)))

    assert only_objective(imported).window == RollingWindow(rolling_days=days)
    assert DURATION not in warnings_of(imported)


def test_a_month_written_as_one_minute_is_read_as_a_month_with_a_warning(read: Read) -> None:
    """An example of the specification once had it so."""
    imported = read(written(timeWindow=aligned("1m")))

    assert only_objective(imported).window == MONTH
    assert warnings_of(imported)[DURATION] == "1m means one minute, and is read as one month, 1M"


@pytest.mark.parametrize(
    ("duration", "days"), [("1m", 30), ("1M", 30), ("1Q", 91), ("1Y", 365), ("12M", 365), ("3M", 91), ("2M", 60)]
)
def test_rolling_windows_of_no_fixed_length_are_read_as_days_with_a_warning(
    read: Read, duration: str, days: int
) -> None:
    imported = read(written(timeWindow=rolling(duration)))

    assert only_objective(imported).window == RollingWindow(rolling_days=days)
    assert warnings_of(imported)[DURATION].startswith(duration)


@pytest.mark.parametrize(
    ("duration", "start"),
    [
        ("1Y", "2026-04-01 00:00:00"),
        ("12M", "2026-07-01 00:00:00"),
        ("1Y", "2026-01-02 00:00:00"),
        ("1Y", "2026-01-01 06:00:00"),
        ("1Q", "2026-02-01 00:00:00"),
        ("3M", "2026-05-01 00:00:00"),
    ],
)
def test_a_fiscal_year_or_quarter_is_asked_about(duration: str, start: str) -> None:
    errors = errors_of(written(timeWindow=aligned(duration, start)))
    (message,) = errors.values()
    assert f"is {start}, but a " in message
    assert "change the start, or let the window roll" in message


@pytest.mark.parametrize(
    ("duration", "start"), [("1Y", "2026-01-01 00:00:00"), ("1Q", "2026-10-01 00:00:00"), ("1M", "2026-05-01T00:00:00")]
)
def test_a_start_that_the_calendar_has_needs_no_words(read: Read, duration: str, start: str) -> None:
    imported = read(written(timeWindow=aligned(duration, start)))

    assert not [path for path in warnings_of(imported) if "timeWindow" in path]


def test_a_month_or_week_that_begins_otherwise_is_warned_of(read: Read) -> None:
    for duration in ("1M", "1w"):
        imported = read(written(timeWindow=aligned(duration, "2026-05-21 12:30:00")))
        assert "is not read" in warnings_of(imported)["documents.0.spec.timeWindow.0.calendar.startTime"]


def test_a_start_that_is_no_time_is_refused() -> None:
    errors = errors_of(written(timeWindow=aligned("1Y", "April")))
    assert "must be a day and a time" in errors["documents.0.spec.timeWindow.0.calendar.startTime"]


def test_without_a_window_the_review_period_counts_with_a_warning(read: Read) -> None:
    imported = read(written(timeWindow=[]))

    assert only_objective(imported).window is None
    assert "review period" in warnings_of(imported)["documents.0.spec.timeWindow"]


@pytest.mark.parametrize("window", [rolling(text) for text in ("90m", "2Y", "60w", "367d")] + [aligned("2M")])
def test_windows_with_no_window_near_them_are_refused(window: list[dict[str, object]]) -> None:
    assert "must be one calendar month, quarter or year" in errors_of(written(timeWindow=window))[DURATION]


def test_of_calendars_in_several_zones_the_first_decides_with_a_warning(read: Read) -> None:
    spec = SLO["spec"] | {"timeWindow": aligned("1M", zone="Asia/Tokyo")}
    other_slo = as_yaml(SLO | {"metadata": {"name": "other"}, "spec": spec})

    imported = read(written(timeWindow=aligned("1M")) + "---\n" + other_slo)

    assert imported.terms["service_hours"]["timezone"] == "Europe/Paris"
    assert warnings_of(imported)["service_hours"].endswith("calendars name Europe/Paris, Asia/Tokyo")

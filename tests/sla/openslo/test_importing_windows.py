"""Importing time windows: aligned with the calendar, rolling, or asked about."""

import pytest

from sla.agreements.objectives import CalendarUnit, CalendarWindow, RollingWindow
from tests.sla.openslo.bundles import SLO, aligned, as_yaml, errors_of, only_objective, written
from tests.sla.openslo.conftest import Read


@pytest.mark.parametrize(
    ("duration", "window"),
    [
        ("1M", CalendarWindow(calendar=CalendarUnit.CALENDAR_MONTH)),
        ("1Q", CalendarWindow(calendar=CalendarUnit.CALENDAR_QUARTER)),
        ("1Y", CalendarWindow(calendar=CalendarUnit.CALENDAR_YEAR)),
    ],
)
def test_windows_aligned_with_the_calendar(read: Read, duration: str, window: CalendarWindow) -> None:
    imported = read(written(timeWindow=aligned(duration)))
    assert only_objective(imported).window == window
    assert imported.terms["service_hours"]["timezone"] == "Europe/Paris"


@pytest.mark.parametrize(("duration", "days"), [("2w", 14), ("48h", 2), ("1440m", 1), ("366d", 366)])
def test_rolling_windows_of_whole_days(read: Read, duration: str, days: int) -> None:
    imported = read(written(timeWindow=[{"duration": duration, "isRolling": True}]))
    assert only_objective(imported).window == RollingWindow(rolling_days=days)


DURATION = "documents.0.spec.timeWindow.0.duration"


def test_a_month_written_as_one_minute_is_asked_about(read: Read) -> None:
    """As an example of the specification once had it."""
    text = written(timeWindow=aligned("1m"))
    (question,) = read(text).findings.questions
    assert question.question.startswith("1m means minutes, months are 1M")
    assert only_objective(read(text, {DURATION: "calendar_month"})).window == CalendarWindow(
        calendar=CalendarUnit.CALENDAR_MONTH
    )
    assert only_objective(read(text, {DURATION: "review_period"})).window is None


@pytest.mark.parametrize("duration", ["1m", "90m", "1M", "1Q", "2Y", "60w", "367d"])
def test_rolling_windows_of_no_fixed_or_of_odd_length_are_asked_about(read: Read, duration: str) -> None:
    text = written(timeWindow=[{"duration": duration, "isRolling": True}])
    imported = read(text)
    assert [question.path for question in imported.findings.questions] == [DURATION]
    assert only_objective(read(text, {DURATION: "rolling_30_days"})).window == RollingWindow(rolling_days=30)


def test_an_answer_has_to_be_one(read: Read) -> None:
    imported = read(written(timeWindow=aligned("1w")), {DURATION: "next_tuesday"})
    assert "is no answer" in errors_of(imported)[DURATION]


def test_calendars_that_differ_in_their_zone_are_asked_about(read: Read) -> None:
    other = SLO | {
        "metadata": {"name": "other"},
        "spec": SLO["spec"] | {"timeWindow": aligned("1M", zone="Asia/Tokyo")},
    }
    text = written(timeWindow=aligned("1M")) + "---\n" + as_yaml(other)
    imported = read(text)
    assert [(question.path, question.options) for question in imported.findings.questions] == [
        ("timezone", ("Asia/Tokyo", "Europe/Paris"))
    ]
    assert read(text, {"timezone": "Asia/Tokyo"}).terms["service_hours"]["timezone"] == "Asia/Tokyo"
    assert "timezone" in errors_of(read(text, {"timezone": "Mars/Olympus"}))

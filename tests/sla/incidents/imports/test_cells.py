"""Cells as service desks write them."""

from datetime import UTC, datetime

import pytest

from sla.hours.time_zones import load_zone
from sla.incidents.history import IncidentEventKind
from sla.incidents.imports.cells import DateOrder, interpret_state, read_priority, read_time

PARIS = load_zone("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "order", "instant"),
    [
        ("2026-02-03 12:00", "year_first", datetime(2026, 2, 3, 11, tzinfo=UTC)),
        ("2026-02-03T12:00:30Z", "year_first", datetime(2026, 2, 3, 12, 0, 30, tzinfo=UTC)),
        ("2026-02-03T12:00:00.250+0530", "year_first", datetime(2026, 2, 3, 6, 30, 0, 250_000, tzinfo=UTC)),
        ("29-02-2016 01:16", "day_first", datetime(2016, 2, 29, 0, 16, tzinfo=UTC)),
        ("03/02/2026 12:00:01", "day_first", datetime(2026, 2, 3, 11, 0, 1, tzinfo=UTC)),
        ("02/03/2026 12:00 AM", "month_first", datetime(2026, 2, 2, 23, tzinfo=UTC)),
        ("02/03/2026 12:30 PM", "month_first", datetime(2026, 2, 3, 11, 30, tzinfo=UTC)),
        ("03.07.2026", "day_first", datetime(2026, 7, 2, 22, tzinfo=UTC)),
        ("3/Feb/2026 1:16 PM", "year_first", datetime(2026, 2, 3, 12, 16, tzinfo=UTC)),
        ("03/Feb/26 1:16 PM", "year_first", datetime(2026, 2, 3, 12, 16, tzinfo=UTC)),
        ("03.02.26 12:00", "day_first", datetime(2026, 2, 3, 11, tzinfo=UTC)),
        ("2026-10-25 02:30", "year_first", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_its_zone(text: str, order: DateOrder, instant: datetime) -> None:
    assert read_time(text, order, PARIS) == instant


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("yesterday", "must be a time"),
        ("2026-02-30 12:00", "no day or time of the calendar"),
        ("2026-03-29 02:30", "clocks were put forward"),
        ("3/Dez/2026 10:00", "another language"),
        ("0001-01-01 00:00", "no day or time of the calendar"),
        ("0001-01-01 00:00+14:00", "no day or time of the calendar"),
        ("9999-12-31 23:59-10:00", "no day or time of the calendar"),
        ("2026-02-03 12:00+99:00", "no day or time of the calendar"),
    ],
)
def test_what_is_no_time_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_time(text, "year_first", PARIS)


def test_a_local_time_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        read_time("2026-02-03 12:00", "year_first", None)


@pytest.mark.parametrize(
    ("text", "priority"),
    [("3 - Moderate", 3), ("P1", 1), ("High", 2), ("Very high", 1), ("Lowest", 5), ("5", 5), ("Showstopper", 1)],
)
def test_a_priority_is_read_by_its_number_or_word(text: str, priority: int) -> None:
    assert read_priority(text, {"showstopper": 1}) == priority


@pytest.mark.parametrize("text", ["7 - Whenever", "10", "soon", "0"])
def test_a_priority_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="priorities"):
        read_priority(text, {})


def test_states_of_waiting_pause_an_incident() -> None:
    assert interpret_state("Awaiting User Info", {}) is IncidentEventKind.PAUSED
    assert interpret_state("Waiting for customer", {}) is IncidentEventKind.PAUSED
    assert interpret_state("With Vendor", {"with vendor": IncidentEventKind.PAUSED}) is IncidentEventKind.PAUSED
    assert interpret_state("New", {}) is None

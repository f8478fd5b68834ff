"""Calendars as they are written: what is refused, with the field it names, and what comes back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from sla.hours.calendar import WEEKDAYS, Calendar
from sla.hours.service_hours import minute_mask
from sla.hours.spans import MINUTE, Span, to_microseconds


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "localtime"}, "timezone"),
        ({"timezone": "Europe"}, "timezone"),
        ({"timezone": "Europe/Paris\x00"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"timezone": "x" * 5000}, "timezone"),
        ({"hours": {}}, "hours"),
        ({"hours": "8x5"}, "hours"),
        ({"hours": {"monday": [["09:00", "17:00"]]}}, "hours.monday"),
        ({"hours": {"mon": [["9:00", "17:00"]]}}, "hours.mon.0.0"),
        ({"hours": {"mon": [["09:00", "24:01"]]}}, "hours.mon.0.1"),
        ({"hours": {"mon": [["24:00", "09:00"]]}}, "hours.mon.0"),
        ({"hours": {"mon": [["09:00"]]}}, "hours.mon.0"),
        ({"hours": {"mon": [["09:00", "10:00"]] * 9}}, "hours.mon"),
        ({"closures": [{"from": "2025-02-29"}]}, "closures.0"),
        ({"closures": [{"from": "12-24"}]}, "closures.0"),
        ({"closures": [{"from": "2025-12-24", "every": "year"}]}, "closures.0"),
        ({"closures": [{"from": "2025-12-24T12:00"}]}, "closures.0"),
        ({"closures": [{"from": "2025-12-24", "to": ""}]}, "closures.0"),
        ({"closures": [{"from": "2025-12-24T12:00", "to": "2025-12-24T12:00"}]}, "closures.0"),
        ({"closures": [{"from": "12-24T12:00", "to": "12-24T11:00", "every": "year"}]}, "closures.0"),
        ({"closures": [{"from": "2025-12-24", "every": "month"}]}, "closures.0.every"),
        ({"closures": [{"from": "0000-01-01"}]}, "closures.0"),
        ({"closures": [{"from": "2025-01-01"}] * 501}, "closures"),
        ({"holidays": []}, "holidays"),
    ],
)
def test_refused_by_name(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Calendar.model_validate({"timezone": "UTC", "hours": "24x7"} | change)
    refused_fields = [".".join(map(str, error["loc"])) for error in refusal.value.errors()]
    assert any(name.startswith(field) for name in refused_fields), refused_fields


def test_comes_back_as_it_was_written() -> None:
    written: dict[str, Any] = {
        "timezone": "Europe/Paris",
        "hours": {"mon": [["09:00", "12:00"], ["13:00", "24:00"]]},
        "closures": [{"from": "12-24", "to": "01-02", "every": "year", "name": "Year end"}],
        "holidays": None,
    }
    always = {"timezone": "UTC", "hours": "24x7", "closures": [], "holidays": None}
    assert Calendar.model_validate(written).model_dump(mode="json") == written
    assert Calendar.model_validate(always).model_dump(mode="json") == always


def test_every_day_of_24_hours_is_24x7() -> None:
    week: dict[str, Any] = {"timezone": "UTC", "hours": {day: [["00:00", "24:00"]] for day in WEEKDAYS}}
    window = Span(0, 400 * 24 * 60 * MINUTE)
    assert Calendar.model_validate(week).to_service_hours().in_service_spans(window) == [window]


@pytest.mark.parametrize("zone", ["Europe/Paris", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo"])
@pytest.mark.parametrize("year", [2011, 2018, 2025])
def test_minutes_are_the_intervals(zone: str, year: int) -> None:
    week = {"mon": [["09:00", "17:00"]], "fri": [["22:00", "06:00"]], "sun": [["00:00", "02:45"]]}
    closures = [{"from": "12-24T12:00", "to": "01-02", "every": "year"}]
    hours = Calendar.model_validate({"timezone": zone, "hours": week, "closures": closures}).to_service_hours()
    start = datetime(year, 1, 1, tzinfo=UTC)
    end = start + timedelta(days=365)
    window = Span(to_microseconds(start), to_microseconds(end))
    spans = hours.in_service_spans(window)
    minutes = np.arange(365 * 1440) * MINUTE + to_microseconds(start)
    expected = np.zeros(len(minutes), dtype=bool)
    for span in spans:
        expected |= (span.start <= minutes) & (minutes < span.end)
    assert np.array_equal(minute_mask(spans, window), expected)

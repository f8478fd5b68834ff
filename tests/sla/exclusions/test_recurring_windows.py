"""Windows that recur in local time: over the change of clocks, within bounds, with single ones left out."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from common.http.validation_messages import describe_field_error
from sla.exclusions.maintenance.recurring_windows import MAX_OCCURRENCES, RecurringWindows
from sla.hours.spans import to_datetime
from tests.sla.exclusions.conftest import MaintenanceClient, corrections
from tests.sla.problems import problem

WEEKLY = {
    "timezone": "Europe/Paris",
    "starts_at": "2026-03-22T22:00",
    "duration": "PT4H",
    "rrule": "FREQ=WEEKLY;COUNT=3",
}


def windows(**changes: Any) -> list[tuple[str, str]]:
    recurrence = RecurringWindows.model_validate(WEEKLY | changes)
    return [(f"{to_datetime(start):%m-%dT%H:%M}", f"{to_datetime(end):%m-%dT%H:%M}") for start, end in recurrence.spans]


def test_the_time_on_the_wall_stays_when_clocks_change() -> None:
    assert windows() == [
        ("03-22T21:00", "03-23T01:00"),
        ("03-29T20:00", "03-30T00:00"),
        ("04-05T20:00", "04-06T00:00"),
    ]


@pytest.mark.parametrize(
    ("starts_at", "duration", "expected"),
    [
        ("2026-03-29T01:00", "PT4H", [("03-29T00:00", "03-29T03:00")]),  # of four hours on the wall one is skipped
        ("2026-03-29T02:30", "PT1H", [("03-29T01:00", "03-29T01:30")]),  # half of it does not exist
        ("2026-10-25T02:00", "PT1H", [("10-25T00:00", "10-25T02:00")]),  # shown twice, belongs to it twice
        ("2026-10-25T01:30", "PT1H", [("10-24T23:30", "10-25T00:30"), ("10-25T01:00", "10-25T01:30")]),
    ],
)
def test_hours_shown_twice_or_skipped_are_those_of_service_hours(
    starts_at: str, duration: str, expected: list[tuple[str, str]]
) -> None:
    assert windows(starts_at=starts_at, duration=duration, rrule="FREQ=DAILY;COUNT=1") == expected


def test_a_window_that_no_clock_shows_is_none() -> None:
    recurrence = {"starts_at": "2026-03-28T02:00", "duration": "PT1H", "rrule": "FREQ=DAILY;COUNT=3"}
    assert windows(**recurrence) == [("03-28T01:00", "03-28T02:00"), ("03-30T00:00", "03-30T01:00")]


@pytest.mark.parametrize(
    ("until", "count"),
    [("20260405", 3), ("20260405T215959", 2), ("20260405T220000", 3), ("20260405T200000Z", 3), ("20260405T195959Z", 2)],
)
def test_until_is_an_instant_a_local_time_or_a_date(until: str, count: int) -> None:
    assert len(windows(rrule=f"FREQ=WEEKLY;UNTIL={until}")) == count


def test_a_rule_may_be_the_line_of_a_calendar() -> None:
    assert windows(rrule=f"RRULE:{WEEKLY['rrule']}") == windows()


def test_single_windows_are_left_out() -> None:
    assert [start for start, _ in windows(exdates=["2026-03-29T22:00"])] == ["03-22T21:00", "04-05T20:00"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rrule": "FREQ=WEEKLY"}, "rrule"),
        ({"rrule": "FREQ=HOURLY;COUNT=3"}, "rrule"),
        ({"rrule": "FREQ=SOMETIMES;COUNT=3"}, "rrule"),
        ({"rrule": "nonsense"}, "rrule"),
        ({"rrule": "FREQ=WEEKLY;COUNT=3,4"}, "rrule"),
        ({"rrule": "FREQ=WEEKLY;COUNT=x"}, "rrule"),
        ({"rrule": "FREQ=WEEKLY;UNTIL=20260405,20260406"}, "rrule"),
        ({"rrule": "FREQ=WEEKLY;UNTIL="}, "rrule"),
        ({"rrule": f"FREQ=DAILY;COUNT={MAX_OCCURRENCES + 1}"}, "rrule"),
        ({"rrule": "FREQ=DAILY;COUNT=999999999"}, "rrule"),
        ({"rrule": "FREQ=YEARLY;COUNT=7"}, "rrule"),
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2"}, "rrule"),
        ({"rrule": "FREQ=WEEKLY;UNTIL=20250101"}, "starts_at"),
        ({"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=3"}, "starts_at"),
        ({"starts_at": "2026-03-22T22:00Z"}, "starts_at"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": "1850-03-22T22:00"}, "starts_at"),
        ({"starts_at": "2300-03-22T22:00"}, "starts_at"),
        ({"duration": "PT0S"}, "duration"),
        ({"duration": "PT90S"}, "duration"),
        ({"duration": "P8D"}, "duration"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"exdates": ["2026-03-23T22:00"]}, "exdates.0"),
        ({"exdates": ["2026-03-22T22:00", "2026-03-29T22:00", "2026-04-05T22:00"]}, "exdates"),
    ],
)
def test_what_cannot_be_expanded_is_refused_by_the_name_of_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        RecurringWindows.model_validate(WEEKLY | changes)
    (error,) = refused.value.errors()
    assert [*map(str, error["loc"]), *filter(None, [error.get("ctx", {}).get("field")])] == [field]
    message = describe_field_error(error)
    assert not re.search("invalid|isoformat|unpack|Error|None|validation", message), message


RECURRING = {"windows": None, "recurrence": WEEKLY | {"starts_at": "2026-02-10T03:00", "duration": "PT2H"}}


async def test_each_window_counts_by_its_own_notice_and_single_ones_are_taken_back(
    maintenance: MaintenanceClient,
) -> None:
    agreement = await maintenance.signed()
    maintenance.at(8)
    planned = await maintenance.announce(**RECURRING)
    await maintenance.step(planned, "approval", maintenance.second)
    assert planned["recurrence"]["rrule"] == "FREQ=WEEKLY;COUNT=3"
    assert await maintenance.list_outcomes(agreement) == [
        ("10T02:00", "10T04:00", "short_notice"),
        ("17T02:00", "17T04:00", "excluded"),
        ("24T02:00", "24T04:00", "excluded"),
    ]

    maintenance.at(15)
    etag = (await maintenance.get(f"/maintenance/{planned['id']}")).headers["etag"]
    shorter = RECURRING["recurrence"] | {"exdates": ["2026-02-17T03:00"]}
    changed = await maintenance.sla_client.sla.client.put(
        f"/maintenance/{planned['id']}/windows",
        json={"recurrence": shorter},
        headers=maintenance.sla_client.manager | {"If-Match": etag},
    )

    assert (changed.status_code, changed.json()["state"]) == (200, "approved"), changed.text
    assert changed.json()["recurrence"]["exdates"] == ["2026-02-17T03:00"]
    assert await maintenance.list_outcomes(agreement) == [
        ("10T02:00", "10T04:00", "short_notice"),
        ("24T02:00", "24T04:00", "excluded"),
    ]


async def test_what_is_over_stays_excluded_when_the_rest_is_cancelled(maintenance: MaintenanceClient) -> None:
    agreement = await maintenance.signed()
    planned = await maintenance.announce(**RECURRING)
    await maintenance.step(planned, "approval", maintenance.second)
    started = await maintenance.step(planned, "start", maintenance.sla_client.manager)
    assert problem(started) == (409, "maintenance-recurs")

    maintenance.at(18)
    await maintenance.step(planned, "cancellation", maintenance.sla_client.manager, reason="The vendor left")

    assert await maintenance.list_outcomes(agreement) == [
        ("10T02:00", "10T04:00", "excluded"),
        ("17T02:00", "17T04:00", "excluded"),
        ("24T02:00", "24T04:00", "cancelled"),
    ]
    maintenance.at(26)
    again = await maintenance.step(planned, "cancellation", maintenance.sla_client.manager, reason="Twice")
    assert problem(again) == (409, "maintenance-over")


async def test_a_series_that_is_over_is_not_cancelled(maintenance: MaintenanceClient) -> None:
    planned = await maintenance.announce(**RECURRING)
    maintenance.at(26)
    late = await maintenance.step(planned, "cancellation", maintenance.sla_client.manager, reason="Too late")
    assert problem(late) == (409, "maintenance-over")


@pytest.mark.parametrize("windows", [None, [{"from": "2026-02-10T02:00:00Z", "to": "2026-02-10T03:00:00Z"}]])
async def test_windows_are_written_down_or_recur(maintenance: MaintenanceClient, windows: Any) -> None:
    recurrence = None if windows is None else RECURRING["recurrence"]
    answer = await maintenance.announced(windows=windows, recurrence=recurrence)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "windows")


async def test_a_history_that_recurred_is_entered_afterwards(maintenance: MaintenanceClient, sla: Any) -> None:
    agreement = await maintenance.signed()
    maintenance.at(26)
    entered = await maintenance.announce(**RECURRING, entered_afterwards=True)
    for headers in (maintenance.second, maintenance.sla_client.customer):
        await maintenance.step(entered, "approval", headers)
    assert [outcome for *_, outcome in await maintenance.list_outcomes(agreement)] == ["excluded"] * 3
    assert any(start == datetime(2026, 2, 10, 2, tzinfo=UTC) for _, start, _ in await corrections(sla))

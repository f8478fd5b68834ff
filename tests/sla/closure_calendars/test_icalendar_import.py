"""Reading iCalendar: what closes and when, what does not, and documents that are refused before they cost anything."""

from contextlib import suppress
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.closure_calendars.editions import EditionClosure
from sla.closure_calendars.errors import CalendarUnreadable
from sla.closure_calendars.icalendar_import import (
    MAX_CLOSURES,
    MAX_EVENTS,
    MAX_YEARLY_OCCURRENCES,
    ImportedClosures,
    parse_closures,
)

PARIS = ZoneInfo("Europe/Paris")
FIRST, LAST = date(2026, 2, 4), date(2028, 12, 31)


def document(*events: str) -> bytes:
    """Events as lines without their frame."""
    framed = [
        f"BEGIN:VEVENT\nUID:{number}@example.com\nDTSTAMP:20260101T000000Z\n{event}\nEND:VEVENT"
        for number, event in enumerate(events)
    ]
    lines = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", *framed, "END:VCALENDAR", ""])
    return lines.replace("\n", "\r\n").encode()


def read(*events: str, last: date = LAST) -> ImportedClosures:
    return parse_closures(document(*events), PARIS, FIRST, last)


def closed(*events: str, last: date = LAST) -> list[tuple[str, str]]:
    return [(closure.from_, closure.to) for closure in read(*events, last=last).closures]


@pytest.mark.parametrize(
    ("event", "spans"),
    [
        ("DTSTART;VALUE=DATE:20261224", [("2026-12-24T00:00", "2026-12-25T00:00")]),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20270102", [("2026-12-24T00:00", "2027-01-02T00:00")]),
        ("DTSTART:20260701T100000Z\nDTEND:20260701T120000Z", [("2026-07-01T12:00", "2026-07-01T14:00")]),
        ("DTSTART:20260701T100000\nDURATION:PT90M", [("2026-07-01T10:00", "2026-07-01T11:30")]),
        (
            "DTSTART;TZID=America/New_York:20260701T100000\nDTEND;TZID=America/New_York:20260701T110000",
            [("2026-07-01T16:00", "2026-07-01T17:00")],
        ),
        ("DTSTART:20260701T100030\nDTEND:20260701T100130", [("2026-07-01T10:00", "2026-07-01T10:02")]),
        ("DTSTART;VALUE=DATE:20260201\nDTEND;VALUE=DATE:20260206", [("2026-02-04T00:00", "2026-02-06T00:00")]),
        ("DTSTART;VALUE=DATE:20260101", []),
        (
            "DTSTART;VALUE=DATE:20250104\nRRULE:FREQ=YEARLY",
            [("2027-01-04T00:00", "2027-01-05T00:00"), ("2028-01-04T00:00", "2028-01-05T00:00")],
        ),
        (
            "DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            [("2028-02-29T00:00", "2028-03-01T00:00")],
        ),
        (
            "DTSTART:20260305T120000\nDTEND:20260305T130000\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20260312T120000",
            [("2026-03-05T12:00", "2026-03-05T13:00"), ("2026-03-19T12:00", "2026-03-19T13:00")],
        ),
        (
            "DTSTART;VALUE=DATE:20260303\nRDATE;VALUE=DATE:20260310",
            [("2026-03-03T00:00", "2026-03-04T00:00"), ("2026-03-10T00:00", "2026-03-11T00:00")],
        ),
        # The day of a UNTIL without a time belongs to it, in the time zone of the event.
        (
            "DTSTART;TZID=America/New_York:20260306T220000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260307",
            [("2026-03-07T04:00", "2026-03-07T05:00"), ("2026-03-08T04:00", "2026-03-08T05:00")],
        ),
        (
            "DTSTART:20260306T220000\nDURATION:PT1H\nRRULE:FREQ=YEARLY;UNTIL=99991231\nEXDATE:20270306T220000,20280306T220000",
            [("2026-03-06T22:00", "2026-03-06T23:00")],
        ),
        # Hours of a duration pass whatever clocks show; its days are days on the wall.
        (
            "DTSTART;TZID=Europe/Paris:20260328T220000\nDURATION:PT8H",
            [("2026-03-28T22:00", "2026-03-29T07:00")],
        ),
        (
            "DTSTART;TZID=Europe/Paris:20261024T220000\nDURATION:P1DT2H\nRRULE:FREQ=WEEKLY;COUNT=2",
            [("2026-10-24T22:00", "2026-10-26T00:00"), ("2026-10-31T22:00", "2026-11-02T00:00")],
        ),
        # Mistakes of many programs: a day that ends on itself, a zone beside an instant.
        ("DTSTART;VALUE=DATE:20260601\nDTEND;VALUE=DATE:20260601", [("2026-06-01T00:00", "2026-06-02T00:00")]),
        (
            "DTSTART;TZID=America/New_York:20260701T100000Z\nDTEND;TZID=America/New_York:20260701T110000Z",
            [("2026-07-01T12:00", "2026-07-01T13:00")],
        ),
        (
            "DTSTART;TZID=Europe/Paris:20260328T233000\nDTEND;TZID=Europe/Paris:20260329T033000",
            [("2026-03-28T23:30", "2026-03-29T03:30")],
        ),
    ],
)
def test_events_close_local_time(event: str, spans: list[tuple[str, str]]) -> None:
    assert closed(event) == spans


def test_one_occurrence_of_a_series_may_be_moved_or_cancelled() -> None:
    series = "DTSTART:20260305T120000\nDTEND:20260305T130000\nRRULE:FREQ=DAILY;COUNT=3"
    frame = document(series).decode()
    moved_event = "DTSTART:20260306T150000\r\nDTEND:20260306T160000\r\nRECURRENCE-ID:20260306T120000"
    cancelled = "DTSTART:20260307T120000\r\nDTEND:20260307T130000\r\nRECURRENCE-ID:20260307T120000\r\nSTATUS:CANCELLED"
    extra = "".join(
        f"BEGIN:VEVENT\r\nUID:0@example.com\r\nDTSTAMP:20260101T000000Z\r\n{override}\r\nEND:VEVENT\r\n"
        for override in (moved_event, cancelled)
    )
    content = frame.replace("END:VCALENDAR", extra + "END:VCALENDAR").encode()
    imported = parse_closures(content, PARIS, FIRST, LAST)
    assert [closure.from_ for closure in imported.closures] == ["2026-03-05T12:00", "2026-03-06T15:00"]


def test_what_closes_nothing_is_named_with_the_reason() -> None:
    imported = read(
        "SUMMARY:Lunch\nDTSTART:20260305T120000\nDTEND:20260305T130000\nTRANSP:TRANSPARENT",
        "SUMMARY:Party\nDTSTART:20260306T120000\nDTEND:20260306T130000\nSTATUS:CANCELLED",
        "SUMMARY:Reminder\nDTSTART:20260307T120000Z",
        "SUMMARY:Clocks\nDTSTART:20261025T003000Z\nDTEND:20261025T013000Z",
        "SUMMARY:Move\nDTSTART;VALUE=DATE:20260308",
    )
    assert imported.skipped == {
        "Lunch": "it is marked as free time",
        "Party": "it is cancelled",
        "Reminder": "it takes no time",
        "Clocks": "it lies in the hour shown twice",
    }
    assert imported.closures == [EditionClosure("2026-03-08T00:00", "2026-03-09T00:00", "Move")]


def test_the_same_closure_twice_is_one() -> None:
    event = "SUMMARY:Move\nDTSTART;VALUE=DATE:20260308"
    assert len(read(event, event).closures) == 1


def test_an_event_without_a_name_has_one() -> None:
    assert read("DTSTART;VALUE=DATE:20260308").closures[0].name == "Closed"
    assert len(read(f"SUMMARY:{'x' * 500}\nDTSTART;VALUE=DATE:20260308").closures[0].name) == 200


DAY = "DTSTART;VALUE=DATE:20260305"


@pytest.mark.parametrize(
    "event",
    [
        "SUMMARY:When?",
        "DTSTART:20269999",
        "DTSTART;VALUE=DATE:19000101",
        "DTSTART:20260305T100000\nDTEND:20260305T090000",
        "DTSTART:20260305T100000Z\nDTEND:20260305T110000",
        "DTSTART;VALUE=DATE:20260305\nDTEND:20260305T110000",
        "DTSTART;TZID=Mars/Olympus:20260305T100000\nDTEND;TZID=Mars/Olympus:20260305T110000",
        f"{DAY}\nDTSTART;VALUE=DATE:20260306",
        f"{DAY}\nRRULE:FREQ=SECONDLY",
        f"{DAY}\nRRULE:FREQ=MINUTELY;INTERVAL=1",
        f"{DAY}\nRRULE:FREQ=HOURLY",
        f"{DAY}\nRRULE:FREQ=SOMETIMES",
        f"{DAY}\nRRULE:FREQ=DAILY;INTERVAL=0",
        f"{DAY}\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        f"{DAY}\nRRULE:FREQ=DAILY;BYHOUR=1,2,3",
        f"{DAY}\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY",
        f"{DAY}\nRRULE:COUNT=3",
        f"{DAY}\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        f"{DAY}\nRRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=366",
        f"{DAY}\nRRULE:FREQ=YEARLY;BYDAY=99MO",
        f"{DAY}\nRRULE:FREQ=DAILY;INTERVAL=7;BYDAY=TU;UNTIL=20270101",
    ],
)
def test_events_that_cannot_be_read_are_refused_by_name(event: str) -> None:
    with pytest.raises(CalendarUnreadable, match="event"):
        read(f"SUMMARY:Bad one\n{event}")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"\xff\xfe\x00",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        b"BEGIN:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        b'{"closures": []}',
    ],
)
def test_what_is_no_icalendar_document_is_refused(content: bytes) -> None:
    with pytest.raises(CalendarUnreadable):
        parse_closures(content, PARIS, FIRST, LAST)


def test_an_import_stays_small() -> None:
    days = f"{DAY}\nRRULE:FREQ=DAILY"
    with pytest.raises(CalendarUnreadable, match=f"more than {MAX_CLOSURES} times"):
        read(days, last=date(2033, 12, 31))
    assert len(read(f"{days};COUNT={MAX_CLOSURES}", last=date(2033, 12, 31)).closures) == MAX_CLOSURES
    with pytest.raises(CalendarUnreadable, match=f"more than {MAX_EVENTS} events"):
        read(*[DAY] * (MAX_EVENTS + 1))
    with pytest.raises(CalendarUnreadable, match=f"repeat more than {MAX_YEARLY_OCCURRENCES} times a year"):
        read(*[f"{days};COUNT=2"] * 110)


@pytest.mark.parametrize("rule", ["RRULE:FREQ=DAILY\nTRANSP:TRANSPARENT", "RRULE:FREQ=DAILY;INTERVAL=3000000"])
def test_a_document_that_takes_long_is_given_up(monkeypatch: pytest.MonkeyPatch, rule: str) -> None:
    """One repetition from 1970 on is tried again at each step, and one of 8,000 years is sought to the last day."""
    monkeypatch.setattr("sla.closure_calendars.icalendar_import.MAX_SECONDS", 0.2)
    with pytest.raises(CalendarUnreadable, match=r"more than 0\.2 s to read"):
        read(*[f"DTSTART;VALUE=DATE:19700101\n{rule}"] * 100)


def test_the_yearly_holidays_of_many_regions_are_one_import() -> None:
    holidays = [
        f"SUMMARY:Holiday {number}\nDTSTART;VALUE=DATE:2020{1 + number % 12:02}{1 + number % 28:02}\nRRULE:FREQ=YEARLY"
        for number in range(250)
    ]
    assert len(read(*holidays, last=date(2027, 2, 3)).closures) == 250


def test_holidays_marked_as_free_time_close_where_that_is_asked_for() -> None:
    holiday = "SUMMARY:Epiphany\nDTSTART;VALUE=DATE:20270106\nTRANSP:TRANSPARENT"
    cancelled = "SUMMARY:Party\nDTSTART;VALUE=DATE:20270107\nTRANSP:TRANSPARENT\nSTATUS:CANCELLED"

    imported = parse_closures(document(holiday, cancelled), PARIS, FIRST, LAST, with_free_time=True)

    assert imported.closures == [EditionClosure("2027-01-06T00:00", "2027-01-07T00:00", "Epiphany")]
    assert imported.skipped == {"Party": "it is cancelled"}


@given(st.binary(max_size=300) | st.text(max_size=300).map(document))
def test_whatever_is_sent_is_read_or_refused(content: bytes) -> None:
    with suppress(CalendarUnreadable):
        imported = parse_closures(content, PARIS, FIRST, LAST)
        assert all(closure.from_ < closure.to for closure in imported.closures)


def test_events_that_a_program_gave_one_uid_are_all_read() -> None:
    days = ["20260308", "20260309", "20260309", "20260310"]
    events = [f"BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:{day}\r\nEND:VEVENT\r\n" for day in days]
    newer = "BEGIN:VEVENT\r\nUID:1\r\nSEQUENCE:1\r\nDTSTART;VALUE=DATE:20260311\r\nEND:VEVENT\r\n"
    for more, first_day in ((events, "2026-03-08"), ([*events, newer], "2026-03-11")):
        content = f"BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:\r\n{''.join(more)}END:VCALENDAR\r\n".encode()
        days_closed = {closure.from_[:10] for closure in parse_closures(content, PARIS, FIRST, LAST).closures}
        assert days_closed == {first_day, "2026-03-09", "2026-03-10"}


def test_a_rule_of_exceptions_is_refused_and_not_passed_over() -> None:
    with pytest.raises(CalendarUnreadable, match="EXRULE"):
        read("DTSTART;VALUE=DATE:20260306\nRRULE:FREQ=WEEKLY;COUNT=3\nEXRULE:FREQ=WEEKLY;INTERVAL=2")


def test_a_long_name_is_cut_to_one_that_terms_can_hold() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    (closure,) = read(f"SUMMARY:{'x' * 198}{family}\nDTSTART;VALUE=DATE:20260308").closures
    assert closure.to_calendar_closure().name == "x" * 198 + family[0]


def test_a_name_that_was_imported_before_names_had_one_form_is_read_as_it_is() -> None:
    closure = EditionClosure("2026-12-24T12:00", "2026-12-25T12:00", "Sa\u200bles")
    assert closure.to_calendar_closure().name == "Sa\u200bles"

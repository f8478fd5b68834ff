"""Time zones that a document names: its own definitions, whatever another document defined before, and IANA's."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla.closure_calendars.document_zones import split_zones
from sla.closure_calendars.errors import CalendarUnreadable
from sla.closure_calendars.icalendar_import import parse_closures

UTC = ZoneInfo("UTC")
FIRST, LAST = date(2026, 2, 4), date(2028, 12, 31)
OWN_NAME = "Customized Time Zone"


def definition(offset: str, name: str = OWN_NAME) -> str:
    return f"""\
BEGIN:VTIMEZONE
TZID:{name}
X-LIC-LOCATION:Somewhere
TZUNTIL:20991231T000000Z
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:{offset}
TZOFFSETTO:{offset}
TZNAME;LANGUAGE=en:Own
END:STANDARD
END:VTIMEZONE"""


def event(name: str = OWN_NAME) -> str:
    return f"""\
BEGIN:VEVENT
UID:1@example.com
DTSTAMP:20260101T000000Z
DTSTART;TZID="{name}":20260701T130000
DTEND;TZID="{name}":20260701T140000
END:VEVENT"""


def document(*parts: str) -> bytes:
    lines = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", *parts, "END:VCALENDAR", ""])
    return lines.replace("\n", "\r\n").encode()


def closed(*parts: str) -> list[tuple[str, str]]:
    closures = parse_closures(document(*parts), UTC, FIRST, LAST).closures
    return [(closure.from_, closure.to) for closure in closures]


AT_0100 = [("2026-07-01T12:00", "2026-07-01T13:00")]
AT_0900 = [("2026-07-01T04:00", "2026-07-01T05:00")]


@pytest.mark.parametrize("offsets", [("+0100", "+0900"), ("+0900", "+0100")])
def test_each_document_is_read_by_its_own_definitions(offsets: tuple[str, str]) -> None:
    expected = {"+0100": AT_0100, "+0900": AT_0900}
    for offset in offsets:
        assert closed(definition(offset), event()) == expected[offset]


def test_a_zone_that_only_another_document_defines_is_not_known() -> None:
    assert closed(definition("+0100", "Made up"), event("Made up")) == AT_0100
    with pytest.raises(CalendarUnreadable, match="unknown time zone Made up"):
        closed(event("Made up"))


def test_a_broken_definition_is_refused_whatever_another_document_defined() -> None:
    assert closed(definition("+0100", "Broken"), event("Broken")) == AT_0100
    with pytest.raises(CalendarUnreadable, match="Broken cannot be read"):
        closed(definition("+9900", "Broken"), event("Broken"))


def test_a_definition_may_follow_the_events_that_name_it() -> None:
    assert closed(event(), definition("+0900")) == AT_0900


def test_its_own_definition_of_a_common_name_comes_first() -> None:
    assert closed(definition("+0900", "Europe/Paris"), event("Europe/Paris")) == AT_0900


@pytest.mark.parametrize(
    "name",
    ["Europe/Paris", "Romance Standard Time", "/freeassociation.sourceforge.net/Europe/Paris", "/Europe/Paris"],
)
def test_common_names_need_no_definition(name: str) -> None:
    assert closed(event(name)) == [("2026-07-01T11:00", "2026-07-01T12:00")]


def test_a_name_may_hold_commas() -> None:
    name = "(UTC+01:00) Amsterdam, Berlin"
    assert closed(definition("+0100", name.replace(",", "\\,")), event(name)) == AT_0100


def test_the_same_definition_twice_is_one_but_two_of_one_name_are_refused() -> None:
    assert closed(definition("+0100"), definition("+0100"), event()) == AT_0100
    with pytest.raises(CalendarUnreadable, match="twice"):
        closed(definition("+0100"), definition("+0900"), event())


def test_a_definition_with_daylight_saving_time_moves_a_series() -> None:
    zone = """\
BEGIN:VTIMEZONE
TZID:Own
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE"""
    series = """\
BEGIN:VEVENT
UID:1@example.com
DTSTAMP:20260101T000000Z
DTSTART;TZID=Own:20261018T100000
DURATION:PT1H
RRULE:FREQ=WEEKLY;COUNT=4
EXDATE;TZID=Own:20261101T100000
RDATE;TZID=Own;VALUE=PERIOD:20261201T100000/PT30M
END:VEVENT"""
    assert closed(zone, series) == [
        ("2026-10-18T08:00", "2026-10-18T09:00"),
        ("2026-10-25T09:00", "2026-10-25T10:00"),
        ("2026-11-08T09:00", "2026-11-08T10:00"),
        ("2026-12-01T09:00", "2026-12-01T09:30"),
    ]


def test_the_zone_of_the_whole_document_is_its_own_as_well() -> None:
    floating = event().replace(f';TZID="{OWN_NAME}"', "")
    assert closed(f"X-WR-TIMEZONE:{OWN_NAME}", definition("+0900"), floating) == AT_0900
    assert closed("X-WR-TIMEZONE:Europe/Paris", floating) == [("2026-07-01T11:00", "2026-07-01T12:00")]
    with pytest.raises(CalendarUnreadable, match="unknown time zone"):
        closed(f"X-WR-TIMEZONE:{OWN_NAME}", floating)


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=DAILY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;INTERVAL=0", "FREQ=SOMETIMES"],
)
def test_a_definition_that_would_be_read_for_ever_is_refused(rule: str) -> None:
    with pytest.raises(CalendarUnreadable, match="time zone"):
        closed(definition("+0100").replace("TZOFFSETFROM", f"RRULE:{rule}\nTZOFFSETFROM"), event())


def test_a_document_defines_few_rules_of_zones() -> None:
    with pytest.raises(CalendarUnreadable, match="more than 300"):
        closed(*[definition("+0100", f"Zone {number}") for number in range(151)], event("Zone 1"))


CENTRAL_EUROPE = """\
BEGIN:VTIMEZONE
TZID:Own
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""


def test_a_defined_zone_is_as_the_database_has_it_also_in_hours_that_clocks_skip() -> None:
    _, zones = split_zones(document(CENTRAL_EUROPE))
    own, paris = zones.get("Own"), ZoneInfo("Europe/Paris")
    for quarter in range(400 * 96):
        time = datetime(2026, 1, 1) + timedelta(minutes=15 * quarter)  # noqa: DTZ001 - local to either
        assert time.replace(tzinfo=own).utcoffset() == time.replace(tzinfo=paris).utcoffset(), time

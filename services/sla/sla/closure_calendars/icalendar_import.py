"""Closures from an iCalendar document (RFC 5545): its events in a range of days, repetitions expanded."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from typing import NamedTuple
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event
from icalendar.prop import vDDDTypes, vRecur

from common.dates import ONE_DAY
from common.names import clean_name
from sla.closure_calendars.document_zones import DocumentZones, UnreadableZone, split_zones
from sla.closure_calendars.editions import EditionClosure
from sla.closure_calendars.errors import CalendarUnreadable
from sla.hours.recurrence import DAYS_OF_YEAR, EARLIEST_YEAR, UnusableRule, count_yearly_occurrences

# Limits keep an import quick, whatever is sent; those on rules are in sla.hours.recurrence.
MAX_EVENTS, MAX_CLOSURES = 5000, 2000
MAX_YEARLY_OCCURRENCES = 40_000
"""How often all repetitions may occur in a year: a hundred days on end, or any number of holidays."""
OCCURRENCES_AT_ONCE = 3000
"""How many occurrences are expanded, about, before those that close something are counted."""
SHORTEST_STEP_DAYS = 31
MAX_SECONDS = 10.0
"""How long a document may take: a rule is expanded from its start on, which may be long ago, at each step."""
MINUTE, MAX_NAME_LENGTH, DEFAULT_ZONE = timedelta(minutes=1), 200, "X-WR-TIMEZONE"
LAST_UNTIL, LAST_SECOND, EXACT_DURATION = date(9998, 12, 31), time(23, 59, 59), "X-EXACT-DURATION"


class ImportedClosures(NamedTuple):
    closures: list[EditionClosure]
    skipped: dict[str, str]
    """Names of events that close nothing, each with the reason."""


def parse_closures(
    document: bytes, zone: ZoneInfo, first: date, last: date, *, with_free_time: bool = False
) -> ImportedClosures:
    """Parse the closures from the first day to the last, both included, in local time.

    `with_free_time`: events that are marked as free time close as well, as many files of public holidays mark all.
    """
    first_time, end_time = datetime.combine(first, time.min), datetime.combine(last + ONE_DAY, time.min)
    skipped, closures = dict[str, str](), set[EditionClosure]()
    deadline = monotonic() + MAX_SECONDS
    calendar, step = _read(document, deadline)
    window = first_time.replace(tzinfo=zone), end_time.replace(tzinfo=zone)
    for event in _occurrences(calendar, step, window, deadline):
        start = max(_local(event.start, zone), first_time)
        end = min(_local(_exact_end(event) + MINUTE - timedelta.resolution, zone), end_time)
        skip_reason = _skip_reason(event, is_empty=start >= end, with_free_time=with_free_time)
        if skip_reason is None:
            closures.add(EditionClosure(start.isoformat("T", "minutes"), end.isoformat("T", "minutes"), _name(event)))
        else:
            skipped[_name(event)] = skip_reason
        if len(closures) > MAX_CLOSURES:
            raise _unreadable(f"The document closes more than {MAX_CLOSURES} times until {last}.")
    return ImportedClosures(sorted(closures), skipped)


def _read(document: bytes, deadline: float) -> tuple[Calendar, timedelta]:
    """Read a document, and the time that may be expanded at once."""
    try:
        text, zones = split_zones(document)
        calendar = Calendar.from_ical(text)
    except UnreadableZone as error:
        raise _unreadable(str(error)) from None
    except (ValueError, LookupError, AttributeError):
        raise _unreadable("This is no iCalendar document (RFC 5545): send the file as it was exported.") from None
    if calendar.name != "VCALENDAR":
        raise _unreadable("This is no iCalendar document (RFC 5545): it does not begin with BEGIN:VCALENDAR.")
    events = [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]
    if len(events) > MAX_EVENTS:
        raise _unreadable(f"The document has more than {MAX_EVENTS} events.")
    yearly_occurrences = 0
    _tell_apart(events)
    for event in events:
        _check_deadline(deadline)
        _set_zones(event, zones)
        _check_times(event)
        _complete_times(event)
        yearly_occurrences += _count_occurrences(event)
        if yearly_occurrences > MAX_YEARLY_OCCURRENCES:
            raise _unreadable(f"The events of the document repeat more than {MAX_YEARLY_OCCURRENCES} times a year.")
    _set_default_zone(calendar, zones)
    days = DAYS_OF_YEAR * OCCURRENCES_AT_ONCE // max(yearly_occurrences, 1)
    return calendar, timedelta(days=min(max(days, SHORTEST_STEP_DAYS), DAYS_OF_YEAR))


def _tell_apart(events: Sequence[Event]) -> None:
    """Give each of several events that have one UID, and are no versions of one another, a UID of its own.

    Some programs write one UID into all events, of which the library would read the first.
    """
    starts_by_version: dict[tuple[str, ...], set[str]] = {}
    for number, event in enumerate(event for event in events if "RECURRENCE-ID" not in event):
        uid, start = str(event.get("UID", "")), str(event.get("DTSTART", ""))
        starts = starts_by_version.setdefault((uid, str(event.get("SEQUENCE", ""))), set())
        if starts and start not in starts:
            event["UID"] = f"{uid}#{number}"
        starts.add(start)


def _set_zones(event: Event, zones: DocumentZones) -> None:
    if event.errors:
        raise _refusal(event, f"has a {event.errors[0][0] or 'line'} that cannot be read: write it as RFC 5545 says")
    try:
        zones.set_zones(event)
    except ValueError as error:
        raise _refusal(event, str(error)) from None


def _set_default_zone(calendar: Calendar, zones: DocumentZones) -> None:
    """Give the expansion the time zone of the whole document, which it would else read by the machine's rules."""
    name = calendar.pop(DEFAULT_ZONE, None)
    if name is None or not str(name).strip():
        return
    zone = zones.get(str(name))
    if zone is None:
        raise _unreadable(f"The document has the unknown time zone {str(name)[:100]}: use one of the IANA database.")
    calendar[DEFAULT_ZONE] = zone


def _check_times(event: Event) -> None:
    start, end = _edge(event, "DTSTART"), _edge(event, "DTEND")
    if start is None:
        raise _refusal(event, "has no DTSTART: give its start")
    if start.year < EARLIEST_YEAR:
        raise _refusal(event, f"begins before {EARLIEST_YEAR}")
    if end is not None and (isinstance(start, datetime), _aware(start)) != (isinstance(end, datetime), _aware(end)):
        raise _refusal(event, "has a DTSTART and a DTEND of different kinds: give two days, or two times")
    if end is not None and end < start:
        raise _refusal(event, "ends before it begins")


def _complete_times(event: Event) -> None:
    """Say in the library's words what it would read otherwise than other programs."""
    start, rule = _edge(event, "DTSTART"), event.get("RRULE")
    if not isinstance(start, datetime):
        if _edge(event, "DTEND") == start:
            event.pop("DTEND")  # the day itself, although RFC 5545 has the day after it there
        return
    if "DURATION" in event:
        event[EXACT_DURATION] = event["DURATION"]
    if isinstance(rule, vRecur) and "UNTIL" in rule:
        rule["UNTIL"] = [_end_of_day(until, start) for until in rule["UNTIL"]]


def _end_of_day(until: date, start: datetime) -> date:
    """Return the last second of a day until which events at a time repeat; other ends stay as they are."""
    if isinstance(until, datetime):
        return until
    end = datetime.combine(min(until, LAST_UNTIL), LAST_SECOND, start.tzinfo)
    return end.astimezone(UTC) if start.tzinfo else end


def _exact_end(event: Event) -> date:
    """Return the end. Of a duration, days are days on the wall, and hours pass whatever the clocks show."""
    duration, start, end = event.get(EXACT_DURATION), event.start, event.end
    if duration is None or end - start != duration.td:
        return end
    length: timedelta = duration.td
    days = timedelta(days=length.days)
    return _instant(start + days) + (length - days)


def _edge(event: Event, key: str) -> date | None:
    value = event.get(key)
    if value is None:
        return None
    if not isinstance(value, vDDDTypes) or not isinstance(value.dt, date):
        raise _refusal(event, f"does not have exactly one {key}: give one day or time")
    return value.dt


def _aware(at: date) -> bool:
    return isinstance(at, datetime) and at.tzinfo is not None


def _count_occurrences(event: Event) -> int:
    """Count how often the event repeats in a year; 0 if it does not."""
    rule = event.get("RRULE")
    if "EXRULE" in event:
        raise _refusal(event, "has an EXRULE, which is not supported: list the days that it leaves out as EXDATE")
    if rule is None:
        return 0
    if not isinstance(rule, vRecur):
        raise _refusal(event, "repeats in a way that is not supported: list its days as single events")
    try:
        return count_yearly_occurrences(rule, event.start)
    except UnusableRule as error:
        raise _refusal(event, str(error)) from None


def _check_deadline(deadline: float) -> None:
    if monotonic() > deadline:
        raise _unreadable(
            f"The document takes more than {MAX_SECONDS:g} s to read: let its repetitions begin later, or give fewer."
        )


def _occurrences(
    calendar: Calendar, step: timedelta, window: tuple[datetime, datetime], deadline: float
) -> Iterator[Event]:
    start, end = window
    try:
        events = recurring_ical_events.of(calendar, components=["VEVENT"])
        while start < end:
            _check_deadline(deadline)
            occurrences = events.between(start, min(start + step, end))
            yield from (event for event in occurrences if isinstance(event, Event))
            start += step
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError):
        message = "An event of the document cannot be read: write its times and RRULE as RFC 5545 says."
        raise _unreadable(message) from None


def _skip_reason(event: Event, *, is_empty: bool, with_free_time: bool) -> str | None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return "it is cancelled"
    if not with_free_time and str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return "it is marked as free time"
    if not is_empty:
        return None
    # Of two instants the later one can have the earlier wall time, while clocks are put back.
    return "it lies in the hour shown twice" if _instant(event.start) < _instant(event.end) else "it takes no time"


def _instant(at: date) -> date:
    """Return a time that has a zone in UTC, and what is local as it is."""
    return at.astimezone(UTC) if isinstance(at, datetime) and at.tzinfo else at


def _local(at: date, zone: ZoneInfo) -> datetime:
    """Return local time in the zone, to the minute; a time without a zone is local already."""
    if not isinstance(at, datetime):
        return datetime.combine(at, time.min)
    local = at.astimezone(zone) if at.tzinfo else at
    return local.replace(second=0, microsecond=0, tzinfo=None)


def _name(event: Event) -> str:
    return clean_name(str(event.get("SUMMARY", "")), MAX_NAME_LENGTH) or "Closed"


def _refusal(event: Event, problem: str) -> CalendarUnreadable:
    return _unreadable(f'The event "{_name(event)}" {problem}.')


def _unreadable(message: str) -> CalendarUnreadable:
    return CalendarUnreadable(message, field="body")

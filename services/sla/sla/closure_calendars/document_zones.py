"""The time zones of an iCalendar document: those that it defines itself, and else those of the IANA database."""

# The library icalendar keeps every time zone that a document defines as long as the process runs, and would read the
# next document by it. So it sees neither definitions nor names of zones: they are taken out before it reads the rest.

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from io import StringIO
from itertools import chain

from dateutil.tz import tzical
from icalendar import Event
from icalendar.parser import Contentlines, unescape_backslash
from icalendar.prop import vDDDLists, vDDDTypes, vRecur
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from common.dates import ONE_DAY
from sla.hours.recurrence import count_yearly_occurrences
from sla.hours.time_zones import load_zone

MAX_OBSERVANCES = 300
ZONE_PARAMETER = "X-ZONE"
"""The parameter TZID under another name, by which the library does not look for the zone."""
_ZONED_KEYS = ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE")
_ZONED_LINE = re.compile(rf"(?i)^((?:{'|'.join(_ZONED_KEYS)})\b[^:\"]*);\s*TZID\s*=")
_OBSERVANCE_LINE = re.compile(r"(?i)BEGIN:|END:|TZID:|TZNAME:|DTSTART[:;]|RRULE:|RDATE[:;]|TZOFFSETFROM:|TZOFFSETTO:")
_OFFSET = re.compile(r"[+-](?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?", re.ASCII)
_OLD_START = re.compile(r"(?m)^(DTSTART:)(?:1[0-8][0-9]{2}|19[0-5][0-9]|0[0-9]{3})", re.ASCII)
_ENDLESS_RULE = re.compile(r"(?m)^RRULE:(?=.*FREQ=YEARLY)(?!.*(?:UNTIL|COUNT|INTERVAL))")
RULES_BEGIN_YEAR = 1960
"""A leap year well before the first event that is read."""
EXAMPLE_YEAR = 2000
_NAME = "TZID:"


class UnreadableZone(ValueError):
    """A document defines a time zone that cannot be read."""


class DocumentZones:
    """The time zones that a document may name: its own definition of a name comes before any other of that name."""

    def __init__(self, definitions: Sequence[list[str]]) -> None:
        self._own: dict[str, tuple[list[str], tzinfo]] = {}
        if sum(line.startswith("BEGIN:") for line in chain(*definitions)) > MAX_OBSERVANCES:
            raise UnreadableZone(f"The time zones of the document have more than {MAX_OBSERVANCES} rules.")
        for lines in definitions:
            self._define(lines)

    def get(self, name: str) -> tzinfo | None:
        """Return the time zone of that name, of Windows and after the prefix of a vendor as well; None without one."""
        if name in self._own:
            return self._own[name][1]
        plain_name = name.strip("/")
        names = [plain_name, WINDOWS_TO_OLSON.get(plain_name, "")]
        if name.startswith("/"):
            parts = plain_name.split("/")
            names += ["/".join(parts[start:]) for start in range(1, len(parts))]
        return next((zone for zone in map(_find_iana_zone, names) if zone is not None), None)

    def set_zones(self, event: Event) -> None:
        """Put the local times of an event into the zones that they name. Raise ValueError if there is no such zone."""
        for key in _ZONED_KEYS:
            values = event.get(key, [])
            for value in values if isinstance(values, list) else [values]:
                if (name := value.params.get(ZONE_PARAMETER)) is None:
                    continue
                zone = self.get(str(name))
                if zone is None:
                    raise ValueError(
                        f"has the unknown time zone {str(name)[:100]}: use one of the IANA database, as Europe/Paris"
                    )
                for time in value.dts if isinstance(value, vDDDLists) else [value]:
                    _set_zone(time, zone)

    def _define(self, lines: list[str]) -> None:
        name = next((unescape_backslash(line[len(_NAME) :]) for line in lines if line.startswith(_NAME)), "")
        if name in self._own and self._own[name][0] != lines:
            raise UnreadableZone(f"The document defines the time zone {name[:100]} twice, and differently.")
        try:
            self._own[name] = lines, _build_zone(lines)
        except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError):
            message = f"The definition of the time zone {name[:100]} cannot be read: write it as RFC 5545 says."
            raise UnreadableZone(message) from None


def split_zones(document: bytes) -> tuple[str, DocumentZones]:
    """Split a document into what the library may read and the zones that it defines. Raise ValueError if one is bad."""
    rest: list[str] = []
    definitions: list[list[str]] = []
    is_definition = False
    lines: list[str] = Contentlines.from_ical(document)  # type: ignore[no-untyped-call]
    for line in lines:
        if line.upper() == "BEGIN:VTIMEZONE":
            is_definition = True
            definitions.append([])
        if not is_definition:
            rest.append(_ZONED_LINE.sub(rf"\1;{ZONE_PARAMETER}=", line))
        elif (match := _OBSERVANCE_LINE.match(line)) is not None:
            definitions[-1].append(_canonical_line(line, match[0]))
        is_definition = is_definition and line.upper() != "END:VTIMEZONE"
    return "\r\n".join(rest), DocumentZones(definitions)


def _canonical_line(line: str, start: str) -> str:
    """Write a line as dateutil reads it: names in capitals, and the start of an observance without parameters."""
    key, value = start.upper(), line[len(start) :].strip()
    if key in {"BEGIN:", "END:"}:
        return key + value.upper()
    if key == "DTSTART;":
        value = value.rpartition(":")[2]
        return f"DTSTART:{value if 'T' in value else value + 'T000000'}"
    return key + value


def _build_zone(lines: list[str]) -> tzinfo:
    start = datetime(EXAMPLE_YEAR, 1, 1)  # noqa: DTZ001 - local to the zone
    for line in lines:
        _check_observance(line, start)
    text = "\n".join("TZID:own" if line.startswith(_NAME) else line for line in lines)
    zone = tzical(StringIO(_begin_endless_rules_later(text))).get("own")
    if zone is None or start.replace(tzinfo=zone).utcoffset() is None:
        raise ValueError("it has no offset")
    return _DefinedZone(zone)


class _DefinedZone(tzinfo):
    """A time zone by its definition. A time that clocks skip has the offset before, as RFC 5545 and the library have it
    of other zones.
    """

    def __init__(self, rules: tzinfo) -> None:
        self._rules = rules

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        offset = self._rules.utcoffset(at)
        earlier = self._rules.utcoffset(at - ONE_DAY) if at else None
        if at is None or offset is None or earlier is None or earlier >= offset:
            return offset
        is_skipped = self._rules.utcoffset(at - (offset - earlier)) == earlier
        return earlier if is_skipped else offset

    def dst(self, at: datetime | None) -> timedelta | None:
        return self._rules.dst(at)

    def tzname(self, at: datetime | None) -> str | None:
        return self._rules.tzname(at)

    def fromutc(self, at: datetime) -> datetime:
        return self._rules.fromutc(at.replace(tzinfo=self._rules)).replace(tzinfo=self)


def _begin_endless_rules_later(text: str) -> str:
    """Begin yearly rules without an end that are older than every event later: all their years would be read each time.

    Many documents let them begin in 1601. The last onset before an event is the same, as there is one in every year.
    """
    observances = re.split(r"(?<=\n)(?=BEGIN:)", text)
    return "".join(
        _OLD_START.sub(rf"\g<1>{RULES_BEGIN_YEAR}", observance) if _ENDLESS_RULE.search(observance) else observance
        for observance in observances
    )


def _check_observance(line: str, start: datetime) -> None:
    """Check an offset or a rule of a definition, by which a document could be read for ever."""
    key, _, value = line.partition(":")
    if key in {"TZOFFSETFROM", "TZOFFSETTO"} and _OFFSET.fullmatch(value) is None:
        raise ValueError(f"{value[:20]} is no offset")
    if key == "RRULE":
        rule = vRecur.from_ical(value)
        if str(rule.get("FREQ", [""])[0]) not in {"MONTHLY", "YEARLY"}:
            raise ValueError("it changes its offset more than once a month")
        count_yearly_occurrences(rule, start)


def _find_iana_zone(name: str) -> tzinfo | None:
    try:
        return load_zone(name)
    except ValueError:
        return None


def _set_zone(value: vDDDTypes, zone: tzinfo) -> None:
    if isinstance(value.dt, datetime):
        value.dt = _in_zone(value.dt, zone)
    elif isinstance(value.dt, tuple):
        start, end = value.dt
        start = _in_zone(start, zone)
        value.dt = (start, _in_zone(end, zone)) if isinstance(end, datetime) else (start, end)


def _in_zone(time: datetime, zone: tzinfo) -> datetime:
    """Return a local time in its zone; one that ends with Z is an instant, whatever zone is named beside it."""
    return time if time.tzinfo else time.replace(tzinfo=zone)

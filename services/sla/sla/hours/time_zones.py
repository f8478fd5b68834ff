"""Time zones, cut into spans of constant offset: inside one, wall time and UTC differ by a constant."""

# The rules are those of the package tzdata, which the lock file names, and not of the machine: every replica, and
# everybody who computes a statement again with the version it names, has the same ones.

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from functools import lru_cache
from importlib import resources
from importlib.metadata import version
from itertools import pairwise
from zoneinfo import ZoneInfo

from sla.hours.spans import DAY, ONE_MICROSECOND, SECOND, Span, to_datetime, to_microseconds

FIRST_YEAR, LAST_YEAR = 1900, 2200


def time_zone_database_version() -> str:
    """Return the version of the package tzdata, as 2026.3 for the IANA database 2026c."""
    return version("tzdata")


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    """Read the names of all zones, without the one that stands for no zone at all."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split()) - {"Factory"}


@lru_cache(maxsize=1024)
def load_zone(name: str) -> ZoneInfo:
    if name not in _zone_names():
        raise ValueError("must be a time zone of the IANA database, as Europe/Paris")
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant in UTC at which the day begins in the zone."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def to_local_date(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def split_by_offset(zone: ZoneInfo, window: Span) -> Iterator[tuple[Span, int]]:
    """Cut the window where the zone changes its offset; each piece has the microseconds by which it is ahead of UTC."""
    years = range(to_datetime(window.start).year, to_datetime(window.end).year + 1)
    changes = [change for year in years for change in _changes(zone, year) if window.start < change < window.end]
    for start, end in pairwise([window.start, *changes, window.end]):
        yield Span(start, end), _offset(zone, start)


def _offset(zone: ZoneInfo, position: int) -> int:
    offset = to_datetime(position).astimezone(zone).utcoffset()
    return offset // ONE_MICROSECOND if offset else 0


@lru_cache(maxsize=4096)
def _changes(zone: ZoneInfo, year: int) -> tuple[int, ...]:
    """Find the instants of a UTC year at which a new offset begins; zoneinfo has no function for it."""
    start, end = (to_microseconds(to_datetime(0).replace(year=y)) for y in (year, year + 1))
    days = pairwise(range(start - DAY, end + DAY, DAY))
    changes = (_find_change(zone, *day) for day in days if _offset(zone, day[0]) != _offset(zone, day[1]))
    return tuple(change for change in changes if start <= change < end)


def _find_change(zone: ZoneInfo, before: int, after: int) -> int:
    """Find the first instant of the offset that holds at `after`, and not at `before`: a whole second."""
    seconds = range(before // SECOND, after // SECOND)
    new_offset = _offset(zone, after)
    place = bisect_left(seconds, x=True, key=lambda second: _offset(zone, second * SECOND) == new_offset)
    return (seconds.start + place) * SECOND

"""Time zones as stretches of constant offset: inside one, wall time and UTC differ by a constant."""

# The rules are those of the package tzdata, which the lock file names, and not of the machine: every replica, and
# everybody who computes a statement again with the version it names, has the same ones.

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
    """Of the package, 2026.3 for the IANA database 2026c."""
    return version("tzdata")


@lru_cache(maxsize=1)
def _known_zones() -> frozenset[str]:
    """Without the name that stands for no zone at all."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split()) - {"Factory"}


@lru_cache(maxsize=1024)
def load_zone(name: str) -> ZoneInfo:
    if name not in _known_zones():
        raise ValueError(f"{name[:64]!r} is not a time zone of the IANA database")
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the day begins there, UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def to_local_date(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def split_by_offset(zone: ZoneInfo, window: Span) -> Iterator[tuple[Span, int]]:
    """The window cut where the zone changes its offset, each piece with the microseconds its wall is ahead of UTC."""
    years = range(to_datetime(window.start).year, to_datetime(window.end).year + 1)
    changes = [change for year in years for change in _changes(zone, year) if window.start < change < window.end]
    for start, end in pairwise([window.start, *changes, window.end]):
        yield Span(start, end), _offset(zone, start)


def _offset(zone: ZoneInfo, position: int) -> int:
    offset = to_datetime(position).astimezone(zone).utcoffset()
    return offset // ONE_MICROSECOND if offset else 0


@lru_cache(maxsize=4096)
def _changes(zone: ZoneInfo, year: int) -> tuple[int, ...]:
    """The instants of a UTC year at which a new offset begins; zoneinfo knows them but does not tell."""
    start, end = (to_microseconds(to_datetime(0).replace(year=y)) for y in (year, year + 1))
    found: list[int] = []
    for left in range(start - DAY, end, DAY):
        right = left + DAY
        if _offset(zone, left) != _offset(zone, right):
            found.append(_first_of(zone, left, right))
    return tuple(change for change in found if start <= change < end)


def _first_of(zone: ZoneInfo, left: int, right: int) -> int:
    """The first instant of the offset that holds at `right`, and not at `left`."""
    after = _offset(zone, right)
    while right - left > SECOND:
        middle = (left + right) // 2 // SECOND * SECOND
        if _offset(zone, middle) == after:
            right = middle
        else:
            left = middle
    return right

"""The instants that samples may have, and what a sender is told of one that it cannot have meant."""

from datetime import UTC, datetime, timedelta

from common.dates import EARLIEST_INSTANT, MAX_CLOCK_SKEW
from sla.measurements.minutes import to_milliseconds

EARLIEST_MS = to_milliseconds(EARLIEST_INSTANT)
"""Seconds that are sent where milliseconds are expected lie before it, in January 1970."""
MAX_CLOCK_SKEW_MS = MAX_CLOCK_SKEW // timedelta(milliseconds=1)

_UNIT_FACTORS = (1_000, 1_000_000, 1_000_000_000)
"""Between the units in which times are sent: seconds, milliseconds, microseconds, nanoseconds."""
_LAST_SHOWN_MS = to_milliseconds(datetime(9999, 12, 31, tzinfo=UTC))


def is_timely(at: int, now: int) -> bool:
    """Tell whether an instant (ms) lies between the year 2000 and now, or ahead by no more than clocks may differ."""
    return EARLIEST_MS <= at <= now + MAX_CLOCK_SKEW_MS


def describe_untimely(at: int, now: int) -> str:
    """Say why a sample of this instant (ms) is refused at another, and what its sender may have meant."""
    reason = "before the year 2000" if at < EARLIEST_MS else "more than 10 minutes ahead of Rapport's clock"
    return f"its time, {_format(at)}, is {reason}: {_advise(at, now)}"


def _advise(at: int, now: int) -> str:
    for factor in _UNIT_FACTORS:
        for meant, change in ((at * factor, "times"), (at // factor, "divided by")):
            if is_timely(meant, now):
                year = datetime.fromtimestamp(meant / 1_000, UTC).year
                return f"{change} {factor:,} it would lie in {year}; check the unit of the sender's times"
    return f"check the sender's clock, Rapport's says {_format(now)}"


def _format(at: int) -> str:
    if not -EARLIEST_MS <= at <= _LAST_SHOWN_MS:
        return f"{at} ms"
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

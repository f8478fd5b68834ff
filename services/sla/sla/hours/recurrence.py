"""Recurrence rules (RFC 5545): which are supported, and whether a rule ever comes to a date."""

# Limits keep an expansion quick, whatever is sent: rules that repeat endlessly within a day are refused, and so are
# those that would be tried until the year 9999 for a date that never comes.

from collections.abc import Collection
from datetime import date, datetime, time
from itertools import takewhile

from dateutil.rrule import rrulestr
from icalendar.prop import vRecur

EARLIEST_YEAR, LATEST_YEAR = 1970, 9999
WEEKDAY_CYCLE_YEARS = 400
"""Years after which dates fall on the same weekdays again."""
SUPPORTED_RULE_PARTS = {
    "DAILY": {"BYDAY"},
    "WEEKLY": {"BYDAY"},
    "MONTHLY": {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"},
}
SUPPORTED_RULE_PARTS["YEARLY"] = SUPPORTED_RULE_PARTS["MONTHLY"] | {"BYYEARDAY", "BYWEEKNO"}


DAYS_OF_YEAR = 366


class UnusableRule(ValueError):
    """A rule cannot be expanded; the message is a predicate, for what repeats."""


def count_yearly_occurrences(rule: vRecur, start: date) -> int:
    """Count how often a rule occurs within a year, whatever its end. Raise UnusableRule if it cannot be expanded.

    The year lies in the last whole cycle of years, after which there is little left to try for a date that never comes.
    """
    if not _is_supported(rule):
        raise UnusableRule("repeats in a way that is not supported: list its days as single events")
    whole_cycles = max(0, LATEST_YEAR - start.year - WEEKDAY_CYCLE_YEARS) // WEEKDAY_CYCLE_YEARS
    year = start.year + whole_cycles * WEEKDAY_CYCLE_YEARS
    endless = format_rule(rule, without={"COUNT", "UNTIL"})
    try:
        occurrences = iter(rrulestr(endless, dtstart=datetime.combine(start.replace(year=year), time.min)))
        first = next(occurrences, None)
    except (ValueError, LookupError):
        raise UnusableRule("has an RRULE that cannot be read: write it as RFC 5545 says") from None
    if first is None:
        raise UnusableRule("repeats on a date that never comes: correct its RRULE")
    return 1 + sum(1 for _ in takewhile(lambda occurrence: (occurrence - first).days < DAYS_OF_YEAR, occurrences))


def format_rule(rule: vRecur, *, without: Collection[str]) -> str:
    """Write a rule as text, without some of its parts."""
    parts = {key: values for key, values in rule.items() if key.upper() not in without}
    return ";".join(f"{key}={','.join(map(str, values))}" for key, values in parts.items())


def _is_supported(rule: vRecur) -> bool:
    parts = SUPPORTED_RULE_PARTS.get(str(rule.get("FREQ", [""])[0]))
    by = {key.upper() for key in rule if key.upper().startswith("BY")}
    return parts is not None and by <= parts and min(rule.get("INTERVAL", [1])) >= 1

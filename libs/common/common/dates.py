"""Calendar arithmetic that the standard library lacks, and the instants that senders may have meant."""

from datetime import UTC, date, datetime, timedelta

from dateutil.relativedelta import relativedelta

ONE_DAY = timedelta(days=1)
MAX_CLOCK_SKEW = timedelta(minutes=10)
"""How far the clock of a sender may be ahead of ours."""
EARLIEST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
"""What a sender reports from before is a mistake, such as a wrong unit of time."""


def add_months(day: date, months: int) -> date:
    """Return the same day of the month `months` later, or that month's last day where it is too short."""
    return day + relativedelta(months=months)


def add_months_to_last_day(last_day: date, months: int) -> date:
    """Return the last day of a time that ends `months` later: what ends with a month still ends with a month.

    A time from the 1st on ends with a month; so months are counted from the day before it begins. Counted backwards,
    it is the last day that leaves the whole months until `last_day`.
    """
    ends_with_month = (last_day + ONE_DAY).day == 1
    return add_months(last_day + ONE_DAY, months) - ONE_DAY if ends_with_month else add_months(last_day, months)

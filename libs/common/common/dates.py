"""Calendar arithmetic that the standard library lacks."""

from datetime import date

from dateutil.relativedelta import relativedelta


def add_months(day: date, months: int) -> date:
    """Return the same day of the month `months` later, or that month's last day where it is too short."""
    return day + relativedelta(months=months)

"""The last day of a contract's term."""

from datetime import date

from common.dates import ONE_DAY, add_months_to_last_day


def compute_last_day(starts_on: date, months: int) -> date:
    """Count from the start, so that what began on the 31st does not drift: 31 May and 6 months end on 30 November."""
    return add_months_to_last_day(starts_on - ONE_DAY, months)

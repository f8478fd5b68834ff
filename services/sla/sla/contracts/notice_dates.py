"""The last day of a contract's term, and the last day on which notice still ends the contract with it."""

from datetime import date, timedelta

from common.dates import ONE_DAY, add_months_to_last_day
from sla.contracts.terms import NoticePeriod


def compute_last_day(starts_on: date, months: int) -> date:
    """Count from the start, so that what began on the 31st does not drift: 31 May and 6 months end on 30 November."""
    return add_months_to_last_day(starts_on - ONE_DAY, months)


def compute_notice_date(last_day: date, notice: NoticePeriod) -> date:
    """The last day that leaves the whole notice period before the term is over."""
    return add_months_to_last_day(last_day, -(notice.months or 0)) - timedelta(days=notice.days or 0)

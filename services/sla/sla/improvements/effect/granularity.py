"""Days, weeks and months as numbered periods, so that gaps in a series are seen."""

from datetime import date, timedelta
from enum import StrEnum

FIRST_MONDAY = date(1970, 1, 5)
"""Weeks are counted from here, so that they begin on a Monday as in ISO 8601."""


class Granularity(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def periods_per_season(self) -> int:
        """The number of periods after which a season repeats."""
        return {Granularity.DAY: 7, Granularity.WEEK: 52, Granularity.MONTH: 12}[self]

    def period_of(self, day: date) -> int:
        """Return the number of the period that holds the day."""
        if self is Granularity.MONTH:
            return day.year * 12 + day.month - 1
        return (day - FIRST_MONDAY).days // (7 if self is Granularity.WEEK else 1)

    def first_day(self, number: int) -> date:
        if self is Granularity.MONTH:
            return date(number // 12, number % 12 + 1, 1)
        return FIRST_MONDAY + timedelta(days=number * (7 if self is Granularity.WEEK else 1))

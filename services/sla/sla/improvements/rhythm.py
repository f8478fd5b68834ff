"""Days, weeks and months of a zone, counted, so that points of a series can be told apart and gaps be seen."""

from datetime import date, timedelta
from enum import StrEnum

MONDAY = date(1970, 1, 5)
"""Weeks are counted from here, so that they begin on a Monday as in ISO 8601."""


class Rhythm(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def season(self) -> int:
        """How many of them come round again."""
        return {Rhythm.DAY: 7, Rhythm.WEEK: 52, Rhythm.MONTH: 12}[self]

    def number_of(self, day: date) -> int:
        """Of the period that holds the day."""
        if self is Rhythm.MONTH:
            return day.year * 12 + day.month - 1
        return (day - MONDAY).days // (7 if self is Rhythm.WEEK else 1)

    def first_day(self, number: int) -> date:
        if self is Rhythm.MONTH:
            return date(number // 12, number % 12 + 1, 1)
        return MONDAY + timedelta(days=number * (7 if self is Rhythm.WEEK else 1))

    def starting_after(self, day: date) -> int:
        """The first period that begins after the day."""
        return self.number_of(day) + 1

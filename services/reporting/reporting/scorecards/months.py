"""Calendar months, the periods of scorecards. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, Self

MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
HALF_MONTH = timedelta(days=16)
"""The last half of a month: a longer review period counts for the month that it ends in."""


class Month(NamedTuple):
    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a month such as 2026-10."""
        year, _, number = text.partition("-")
        return cls(int(year), int(number))

    @classmethod
    def from_date(cls, day: date | datetime) -> Self:
        return cls(day.year, day.month)

    @classmethod
    def from_review_period(cls, start: datetime, end: datetime) -> Self:
        """Return the month that a review period counts for, in whatever time zone its days begin."""
        return cls.from_date(max(start + (end - start) / 2, end - HALF_MONTH).astimezone(UTC))

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first_day, time.min, UTC)

    @property
    def end(self) -> datetime:
        """Return the first instant after the month."""
        return self.add_months(1).start

    @property
    def title(self) -> str:
        return f"{MONTH_NAMES[self.number - 1]} {self.year}"

    @property
    def short_name(self) -> str:
        return MONTH_NAMES[self.number - 1][:3]

    def add_months(self, months: int) -> "Month":
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

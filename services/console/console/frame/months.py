"""The month that a page is about, and its neighbours. Pure."""

from datetime import date, datetime
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
MONTHS_PER_YEAR = 12
FIRST_YEAR, LAST_YEAR = 2000, 2099


class Month(NamedTuple):
    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Parse a month such as 2026-10; return None for anything else."""
        year, _, number = text.partition("-")
        if not (year.isascii() and year.isdigit() and number.isascii() and number.isdigit()):
            return None
        month = cls(int(year), int(number))
        in_range = FIRST_YEAR <= month.year <= LAST_YEAR and 1 <= month.number <= MONTHS_PER_YEAR
        return month if in_range else None

    @classmethod
    def from_date(cls, day: date | datetime) -> Self:
        return cls(day.year, day.month)

    @property
    def title(self) -> str:
        return f"{MONTH_NAMES[self.number - 1]} {self.year}"

    @property
    def before(self) -> "Month":
        return self.add_months(-1)

    @property
    def after(self) -> "Month":
        return self.add_months(1)

    def add_months(self, months: int) -> "Month":
        year, number = divmod(self.year * MONTHS_PER_YEAR + self.number - 1 + months, MONTHS_PER_YEAR)
        return Month(year, number + 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


class MonthChoice(NamedTuple):
    """The month that is shown, and the one that is under way."""

    shown: Month
    current: Month

    @property
    def is_over(self) -> bool:
        return self.shown < self.current

    @property
    def after(self) -> Month | None:
        """Return the next month that has begun."""
        return self.shown.after if self.shown < self.current else None


def choose_month(text: str, now: datetime) -> MonthChoice:
    """Choose the month that is asked for, or else the one under way, whose figures are to date."""
    current = Month.from_date(now)
    return MonthChoice(min(Month.parse(text) or current, current), current)

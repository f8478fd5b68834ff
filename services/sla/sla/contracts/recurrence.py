"""When a recurring obligation falls due: pure arithmetic of days."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, takewhile
from typing import Annotated, Self

from pydantic import Field, model_validator

from common.dates import add_months
from common.views import WholeNumber
from sla.agreements.objectives import TermsModel

LATEST_DAY = date(2199, 12, 31)
"""The last day that the API can express."""


class RecurrenceInterval(TermsModel):
    """The interval between two due days, in months or in days."""

    months: Annotated[WholeNumber, Field(ge=1, le=120)] | None = None
    days: Annotated[WholeNumber, Field(ge=7, le=3660)] | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if (self.months is None) == (self.days is None):
            raise ValueError("give the interval either in months or in days")
        return self

    def date_after(self, first: date, times: int) -> date:
        """Add the interval `times` times to the first day, so that what is due on the 31st does not drift."""
        if self.months is not None:
            return add_months(first, times * self.months)
        return first + timedelta(days=times * (self.days or 0))


def due_days(first: date, interval: RecurrenceInterval | None, last: date | None) -> Iterator[date]:
    """Iterate the due days from the first to the last one; without an interval there is only the first."""
    if interval is None:
        return iter([first])
    limit = min(last or LATEST_DAY, LATEST_DAY)
    return takewhile(lambda day: day <= limit, (interval.date_after(first, times) for times in count()))

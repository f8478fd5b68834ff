"""When what is owed again and again falls due: pure arithmetic of days."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, takewhile
from typing import Annotated, Self

from pydantic import Field, model_validator

from common.views import WholeNumber
from sla.agreements.objectives import TermsModel
from sla.agreements.review_periods import months_after

LATEST_DAY = date(2199, 12, 31)
"""The last day that can be written."""


class RecurrenceInterval(TermsModel):
    """In months or in days."""

    months: Annotated[WholeNumber, Field(ge=1, le=120)] | None = None
    days: Annotated[WholeNumber, Field(ge=7, le=3660)] | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if (self.months is None) == (self.days is None):
            raise ValueError("it recurs in months or in days")
        return self

    def date_after(self, first: date, times: int) -> date:
        """Counted from the first day, so that what is due on the 31st does not drift to the 28th."""
        if self.months is not None:
            return months_after(first, times * self.months)
        return first + timedelta(days=times * (self.days or 0))


def due_days(first: date, every: RecurrenceInterval | None, last: date | None) -> Iterator[date]:
    """Once, on the first day; or from it on, up to the last day."""
    if every is None:
        return iter([first])
    limit = min(last or LATEST_DAY, LATEST_DAY)
    return takewhile(lambda day: day <= limit, (every.date_after(first, times) for times in count()))

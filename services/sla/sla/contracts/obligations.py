"""Obligations: what one side owes the other, once or recurring, with the fulfilment of each due day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count, islice, takewhile
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified, text_enum
from common.dates import add_months
from common.views import WholeNumber
from sla.agreements.states import Party, Side
from sla.agreements.terms import MonthsOrDays
from sla.contracts.errors import ObligationAlreadyFulfilled, ObligationNotDue, ObligationOfOtherSide
from sla.schema import SCHEMA, Base

MAX_OPEN_OCCURRENCES = 100
LATEST_DAY = date(2199, 12, 31)
"""The last day that the API can express."""


class RecurrenceInterval(MonthsOrDays):
    """The interval between two due days, in months or in days."""

    months: Annotated[WholeNumber, Field(ge=1, le=120)] | None = None
    days: Annotated[WholeNumber, Field(ge=7, le=3660)] | None = None

    def date_after(self, first: date, times: int) -> date:
        """Add the interval `times` times to the first day, so that what is due on the 31st does not drift."""
        return add_months(first, times * (self.months or 0)) + timedelta(days=times * (self.days or 0))


@dataclass(frozen=True, slots=True)
class ObligationOccurrence:
    """One time that an obligation is due, with its fulfilment if there is one."""

    due_on: date
    fulfilled_on: date | None
    fulfilled_by: str | None
    evidence: str | None
    overdue: bool
    """Whether it was not fulfilled in time, seen from the day asked for."""


class Obligation(Identified, Base):
    """A duty that one side owes the other by a day, once or recurring."""

    __tablename__ = "contract_obligations"
    __table_args__ = (
        Index("ix_contract_obligations_contract_id", "contract_id", "due_on"),
        CheckConstraint("every_months IS NULL OR every_days IS NULL", name="one_unit"),
        CheckConstraint("until IS NULL OR until >= due_on", name="until_after_due"),
    )

    contract_id: Mapped[UUID] = mapped_column(ForeignKey(f"{SCHEMA}.contracts.id"))
    side: Mapped[Side] = mapped_column(text_enum(Side, "side"))
    text: Mapped[str]
    owner: Mapped[str]
    """The person who takes care of it."""
    due_on: Mapped[date]
    """The first day it is due."""
    every_months: Mapped[int | None]
    every_days: Mapped[int | None]
    """Null, like `every_months`, when it is owed only once."""
    until: Mapped[date | None]
    """The last day on which it can be due again; null: as long as the contract binds."""
    remind_days: Mapped[int]

    fulfilments: Mapped[list["Fulfilment"]] = relationship(lazy="raise", order_by="Fulfilment.due_on")

    @property
    def every(self) -> RecurrenceInterval | None:
        if self.every_months is None and self.every_days is None:
            return None
        return RecurrenceInterval(months=self.every_months, days=self.every_days)

    def due_days(self, ends_on: date | None) -> Iterator[date]:
        """The days on which it is due, up to `ends_on`, the last day of the contract if it has one."""
        interval = self.every
        if interval is None:
            return iter([self.due_on])
        last = min(day for day in (self.until, ends_on, LATEST_DAY) if day is not None)
        return takewhile(lambda day: day <= last, (interval.date_after(self.due_on, times) for times in count()))

    def open_days(self, ends_on: date | None) -> Iterator[date]:
        """The days due that are not fulfilled, the earliest first."""
        fulfilled_days = {fulfilment.due_on for fulfilment in self.fulfilments}
        return (day for day in self.due_days(ends_on) if day not in fulfilled_days)

    def upcoming_due_days(self, day: date, ends_on: date | None) -> list[date]:
        """The open days from `day` on that are near enough to remind people of."""
        until = day + timedelta(days=self.remind_days)
        return [due for due in takewhile(lambda due: due <= until, self.open_days(ends_on)) if due >= day]

    def fulfil(self, party: Party, due_on: date | None, ends_on: date | None, on: date, evidence: str) -> None:
        """Fulfil what was due on the day or, without a day, the earliest that is open."""
        if party.side is Side.CUSTOMER and self.side is Side.PROVIDER:
            raise ObligationOfOtherSide("The provider owes this.")
        fulfilled_on = {fulfilment.due_on: fulfilment.fulfilled_on for fulfilment in self.fulfilments}
        if due_on is None:
            due_on = next(self.open_days(ends_on), None) or max(fulfilled_on, default=self.due_on)
        if due_on in fulfilled_on:
            raise ObligationAlreadyFulfilled(f"It was fulfilled on {fulfilled_on[due_on]}.")
        if due_on not in self.due_days(ends_on):
            raise ObligationNotDue(f"This obligation is not due on {due_on}.", field="due_on")
        self.fulfilments.append(
            Fulfilment(due_on=due_on, fulfilled_on=on, fulfilled_by=party.subject, evidence=evidence)
        )

    def occurrences(self, day: date, ends_on: date | None) -> list[ObligationOccurrence]:
        """The occurrences that are fulfilled or open by the day, and the next one: at most the oldest 100 open ones."""
        occurrences = [
            ObligationOccurrence(
                fulfilment.due_on,
                fulfilment.fulfilled_on,
                fulfilment.fulfilled_by,
                fulfilment.evidence,
                overdue=fulfilment.due_on < day < fulfilment.fulfilled_on,
            )
            for fulfilment in self.fulfilments
        ]
        for due_on in islice(self.open_days(ends_on), MAX_OPEN_OCCURRENCES):
            occurrences.append(ObligationOccurrence(due_on, None, None, None, overdue=due_on < day))
            if due_on > day:
                break
        return sorted(occurrences, key=lambda occurrence: occurrence.due_on)


class Fulfilment(Identified, Base):
    """A record that what was due on a day was done, and its evidence; written once."""

    __tablename__ = "contract_fulfilments"
    __table_args__ = (UniqueConstraint("obligation_id", "due_on"),)

    obligation_id: Mapped[UUID] = mapped_column(ForeignKey(Obligation.id))
    due_on: Mapped[date]
    fulfilled_on: Mapped[date]
    fulfilled_by: Mapped[str]
    evidence: Mapped[str]


class ObligationReminder(Identified, Base):
    """A record that people were reminded of what is due on a day, once."""

    __tablename__ = "contract_obligation_reminders"
    __audited__ = False
    __table_args__ = (UniqueConstraint("obligation_id", "due_on"),)

    obligation_id: Mapped[UUID] = mapped_column(ForeignKey(Obligation.id))
    due_on: Mapped[date]
    reminded_at: Mapped[datetime] = mapped_column("told_at")

"""What one side owes the other: once, or again and again, each time by a day and fulfilled by itself."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified, text_enum
from sla.agreements.states import Party, Side
from sla.contracts.errors import ObligationAlreadyFulfilled, ObligationNotDue, ObligationOfOtherSide
from sla.contracts.recurrence import RecurrenceInterval, due_days
from sla.schema import SCHEMA, Base

MAX_OPEN_OCCURRENCES = 100


class Obligation(Identified, Base):
    """What one side owes the other by a day."""

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
    """Who sees to it."""
    due_on: Mapped[date]
    """For the first time."""
    every_months: Mapped[int | None]
    every_days: Mapped[int | None]
    """Neither: once."""
    until: Mapped[date | None]
    """The last day of those that recur; null: as long as the contract binds."""
    remind_days: Mapped[int]

    fulfilments: Mapped[list["Fulfilment"]] = relationship(lazy="raise", order_by="Fulfilment.due_on")

    @property
    def every(self) -> RecurrenceInterval | None:
        if self.every_months is None and self.every_days is None:
            return None
        return RecurrenceInterval(months=self.every_months, days=self.every_days)

    def due_days(self, ends_on: date | None) -> Iterator[date]:
        """`ends_on`: the last day of the contract, if it has one."""
        ends = [one for one in (self.until, ends_on) if one is not None]
        return due_days(self.due_on, self.every, min(ends, default=None))

    def open_days(self, ends_on: date | None) -> Iterator[date]:
        """Those of which no fulfilment is known, the earliest first."""
        fulfilled = {one.due_on for one in self.fulfilments}
        return (day for day in self.due_days(ends_on) if day not in fulfilled)

    def upcoming_due_days(self, day: date, ends_on: date | None) -> list[date]:
        """Of what is open, that of which people are reminded on the day."""
        until = day + timedelta(days=self.remind_days)
        return [due for due in takewhile(lambda due: due <= until, self.open_days(ends_on)) if due >= day]

    def fulfil(self, party: Party, due_on: date | None, ends_on: date | None, on: date, evidence: str) -> None:
        """What was due on the day or, without one, the earliest that is open."""
        if party.side is Side.CUSTOMER and self.side is Side.PROVIDER:
            raise ObligationOfOtherSide("The provider owes this.")
        known = {one.due_on: one for one in self.fulfilments}
        if due_on is None:
            due_on = next(self.open_days(ends_on), None) or max(known, default=self.due_on)
        if due_on in known:
            raise ObligationAlreadyFulfilled(f"It was fulfilled on {known[due_on].fulfilled_on}.")
        if due_on not in self.due_days(ends_on):
            raise ObligationNotDue(f"Nothing of it is due on {due_on}.", field="due_on")
        fulfilled = Fulfilment(due_on=due_on, fulfilled_on=on, fulfilled_by=party.subject, evidence=evidence)
        self.fulfilments.append(fulfilled)

    def occurrences(self, day: date, ends_on: date | None) -> list["ObligationOccurrence"]:
        """Those fulfilled, those open by the day, and the next one; no more than a hundred open ones, the oldest."""
        found = [ObligationOccurrence(one.due_on, one, one.due_on < day < one.fulfilled_on) for one in self.fulfilments]
        for due in islice(self.open_days(ends_on), MAX_OPEN_OCCURRENCES):
            found.append(ObligationOccurrence(due, None, due < day))
            if due > day:
                break
        return sorted(found, key=lambda one: one.due_on)


class Fulfilment(Identified, Base):
    """That what was due on a day was done, and what shows it; written once."""

    __tablename__ = "contract_fulfilments"
    __table_args__ = (UniqueConstraint("obligation_id", "due_on"),)

    obligation_id: Mapped[UUID] = mapped_column(ForeignKey(Obligation.id))
    due_on: Mapped[date]
    fulfilled_on: Mapped[date]
    fulfilled_by: Mapped[str]
    evidence: Mapped[str]


class ObligationReminder(Identified, Base):
    """That people were reminded of what is due on a day: once."""

    __tablename__ = "contract_obligation_reminders"
    __audited__ = False
    __table_args__ = (UniqueConstraint("obligation_id", "due_on"),)

    obligation_id: Mapped[UUID] = mapped_column(ForeignKey(Obligation.id))
    due_on: Mapped[date]
    told_at: Mapped[datetime]


class ObligationOccurrence(NamedTuple):
    due_on: date
    fulfilment: Fulfilment | None
    is_overdue: bool
    """By the day it was asked for."""

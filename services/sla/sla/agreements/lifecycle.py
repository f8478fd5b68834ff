"""The lifecycle of a signed agreement: its state at an instant, its renewals, and what the calendar changes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import NamedTuple
from uuid import UUID

from common.dates import ONE_DAY, add_months_to_last_day
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.states import AgreementState

LAST_RENEWAL_YEAR = 2199


class Suspension(NamedTuple):
    """A time in which nothing is promised; `to` is exclusive, and null while nobody knows when it ends."""

    id: UUID
    from_: datetime
    to: datetime | None
    reason: str

    def covers(self, instant: datetime) -> bool:
        return self.from_ <= instant and (self.to is None or instant < self.to)


class TacitRenewal(NamedTuple):
    on: date
    """The first day that is too late for a notice of termination."""
    last_day: date
    """The last day of the agreement from then on."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    schedule: Schedule
    suspensions: Sequence[Suspension] = ()
    is_terminated: bool = False
    """A side has given notice of termination: nothing is renewed, nothing is amended."""

    def state_at(self, instant: datetime) -> AgreementState:
        today = self.schedule.local_day(instant)
        if today < self.schedule.bindings[0].first_day:
            return AgreementState.SIGNED
        if self.schedule.last_day is not None and self.schedule.last_day < today:
            return AgreementState.ENDED
        is_suspended = any(suspension.covers(instant) for suspension in self.suspensions)
        return AgreementState.SUSPENDED if is_suspended else AgreementState.ACTIVE

    def binding_at(self, instant: datetime) -> Binding | None:
        """Return the binding in force or, after the last day, the last one; None before the first day."""
        today = self.schedule.local_day(instant)
        return next((binding for binding in reversed(self.schedule.bindings) if binding.first_day <= today), None)

    def last_resumed_at(self, instant: datetime) -> datetime:
        """Return the end of the last suspension that is over at `instant`."""
        ends = (suspension.to for suspension in self.suspensions)
        return max((end for end in ends if end and end <= instant), default=instant)

    @property
    def newest_version_number(self) -> int:
        return self.schedule.bindings[-1].version

    @property
    def tacit_renewal(self) -> TacitRenewal | None:
        """The next renewal by the terms themselves.

        Renewals are counted from the last day in the terms, so that the end of a month stays the end of a month.
        """
        newest = self.schedule.bindings[-1]
        renewal = newest.terms.renewal
        if self.is_terminated or newest.last_day is None or renewal is None or not renewal.tacit:
            return None
        agreed_last_day = newest.terms.ends_on or newest.last_day
        later_days = (add_months_to_last_day(agreed_last_day, number * renewal.months) for number in count(1))
        last_day = next(day for day in later_days if day > newest.last_day)
        on = newest.terms.notice_period.latest_notice_day(newest.last_day) + ONE_DAY
        return TacitRenewal(on, last_day) if last_day.year <= LAST_RENEWAL_YEAR else None

    def tacitly_renewed_until(self, instant: datetime) -> date | None:
        """Return the last day to which the agreement renews itself at `instant`, or None when it does not."""
        renewal = self.tacit_renewal
        return renewal.last_day if renewal and renewal.on <= self.schedule.local_day(instant) else None

    def next_change_at(self, instant: datetime) -> datetime | None:
        """Return the earliest later instant at which the calendar itself changes something."""
        days = [binding.first_day for binding in self.schedule.bindings]
        days += [self.schedule.last_day + ONE_DAY] if self.schedule.last_day else []
        days += [self.tacit_renewal.on] if self.tacit_renewal else []
        changes = [self.schedule.midnight(day) for day in days]
        for suspension in self.suspensions:
            changes += [suspension.from_, suspension.to or suspension.from_]
        return min((change for change in changes if change > instant), default=None)

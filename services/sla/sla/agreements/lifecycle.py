"""The lifecycle of a signed agreement: its state at an instant, its renewals, and what the calendar changes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from common.dates import add_months_to_last_day
from sla.agreements.schedule import ONE_DAY, Binding, Schedule
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
    def tacit_renewal_on(self) -> date | None:
        """The day on which the agreement renews itself: the first one too late for a notice of termination."""
        newest = self.schedule.bindings[-1]
        if self.is_terminated or newest.last_day is None or newest.terms.renewal is None:
            return None
        if not newest.terms.renewal.tacit or self._renewed_last_day(newest.last_day) is None:
            return None
        return newest.last_day - timedelta(days=newest.terms.termination_notice_days) + ONE_DAY

    def tacitly_renewed_until(self, instant: datetime) -> date | None:
        """Return the last day to which the agreement renews itself at `instant`, or None when it does not."""
        renewal_day, last_day = self.tacit_renewal_on, self.schedule.last_day
        if renewal_day is None or last_day is None or self.schedule.local_day(instant) < renewal_day:
            return None
        return self._renewed_last_day(last_day)

    def next_change_at(self, instant: datetime) -> datetime | None:
        """Return the earliest later instant at which the calendar itself changes something."""
        days = [binding.first_day for binding in self.schedule.bindings]
        days += [self.schedule.last_day + ONE_DAY] if self.schedule.last_day else []
        days += [self.tacit_renewal_on] if self.tacit_renewal_on else []
        changes = [self.schedule.midnight(day) for day in days]
        for suspension in self.suspensions:
            changes += [suspension.from_, suspension.to or suspension.from_]
        return min((change for change in changes if change > instant), default=None)

    def _renewed_last_day(self, last_day: date) -> date | None:
        """Count renewals from the last day in the terms, so that the end of a month stays the end of a month."""
        terms = self.schedule.bindings[-1].terms
        if terms.renewal is None:
            return None
        agreed_last_day, renewed, renewals = terms.ends_on or last_day, last_day, 0
        while renewed <= last_day:
            renewals += 1
            renewed = add_months_to_last_day(agreed_last_day, renewals * terms.renewal.months)
        return renewed if renewed.year <= LAST_RENEWAL_YEAR else None

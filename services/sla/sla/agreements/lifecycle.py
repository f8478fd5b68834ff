"""The course of a signed agreement: what state it is in at an instant, and when the calendar changes something next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sla.agreements.review_periods import months_after
from sla.agreements.schedule import ONE_DAY, Binding, Schedule
from sla.agreements.states import AgreementState
from sla.agreements.suspensions import Suspension

LAST_RENEWAL_YEAR = 2199


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
        suspended = any(one.covers(instant) for one in self.suspensions)
        return AgreementState.SUSPENDED if suspended else AgreementState.ACTIVE

    def binding_at(self, instant: datetime) -> Binding | None:
        """What binds or, when it is over, bound last; null before the first day."""
        today = self.schedule.local_day(instant)
        return next((one for one in reversed(self.schedule.bindings) if one.first_day <= today), None)

    def last_resumed_at(self, instant: datetime) -> datetime:
        """The end of the last suspension that is over."""
        return max((one.to for one in self.suspensions if one.to and one.to <= instant), default=instant)

    @property
    def newest_version_number(self) -> int:
        return self.schedule.bindings[-1].version

    @property
    def tacit_renewal_on(self) -> date | None:
        """The day on which it is renewed by itself: the first one that is too late for a notice of termination."""
        newest = self.schedule.bindings[-1]
        if self.is_terminated or newest.last_day is None or newest.terms.renewal is None:
            return None
        if not newest.terms.renewal.tacit or self._renewed_until(newest.last_day) is None:
            return None
        return newest.last_day - timedelta(days=newest.terms.termination_notice_days) + ONE_DAY

    def tacitly_renewed_until(self, instant: datetime) -> date | None:
        """The last day it is renewed to at `instant`; null when it is not."""
        day, last_day = self.tacit_renewal_on, self.schedule.last_day
        if day is None or last_day is None or self.schedule.local_day(instant) < day:
            return None
        return self._renewed_until(last_day)

    def next_change_at(self, instant: datetime) -> datetime | None:
        """The earliest instant after this one at which something changes that nobody has to do anything for."""
        days = [binding.first_day for binding in self.schedule.bindings]
        days += [self.schedule.last_day + ONE_DAY] if self.schedule.last_day else []
        days += [self.tacit_renewal_on] if self.tacit_renewal_on else []
        edges = [edge for one in self.suspensions for edge in (one.from_, one.to) if edge is not None]
        turns = [*(self.schedule.midnight(day) for day in days), *edges]
        return min((turn for turn in turns if turn > instant), default=None)

    def _renewed_until(self, last_day: date) -> date | None:
        """Counted from the last day in the terms, so that the end of a month stays the end of a month."""
        terms = self.schedule.bindings[-1].terms
        if terms.renewal is None:
            return None
        first, renewed, times = terms.ends_on or last_day, last_day, 0
        while renewed <= last_day:
            times += 1
            renewed = months_after(first, times * terms.renewal.months)
        return renewed if renewed.year <= LAST_RENEWAL_YEAR else None

"""The course of a contract through its terms: pure arithmetic of dates, for which today is any day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from sla.contracts.errors import (
    AmendmentChangesNothing,
    AmendmentInThePast,
    ContractDoesNotRenew,
    ContractStartFixed,
    InitialTermFixed,
)
from sla.contracts.terms import ContractTerms, NoticePeriod

ONE_DAY = timedelta(days=1)


class ContractState(StrEnum):
    DRAFT = "draft"
    WITHDRAWN = "withdrawn"
    SIGNED = "signed"
    """By both sides; its first day is still to come."""
    ACTIVE = "active"
    NOTICE_GIVEN = "notice_given"
    """It still binds, up to its last day."""
    ENDED = "ended"

    @property
    def is_binding(self) -> bool:
        return self in (ContractState.ACTIVE, ContractState.NOTICE_GIVEN)


class RenewalRule(NamedTuple):
    """What the terms say of renewals from a day on."""

    effective_on: date
    months: int | None
    """Null: it does not renew itself."""
    notice: NoticePeriod | None


class ContractTerm(NamedTuple):
    number: int
    first_day: date
    last_day: date
    months: int
    """From the start of the contract to the end of this term."""
    renews: bool
    notice_by: date | None
    """The last day on which notice ends the contract with this term; null when it does not renew itself."""


def compute_last_day(starts_on: date, months: int) -> date:
    """Of so many months: the day before the same day of the month, or the last of a month too short to have it.

    Counted from the start, so that what began on the 31st does not drift: 31 May and 6 months end on 30 November.
    """
    after = starts_on + relativedelta(months=months)
    return after - ONE_DAY if after.day == starts_on.day else after


def compute_notice_date(last: date, notice: NoticePeriod) -> date:
    """The last day that leaves the notice in full before the term is over."""
    after = last + ONE_DAY
    back = relativedelta(months=notice.months) if notice.months is not None else timedelta(days=notice.days or 0)
    return after - back - ONE_DAY


def build_renewal_rule(effective_on: date, terms: ContractTerms) -> RenewalRule:
    return RenewalRule(effective_on, terms.renewal_months, terms.notice)


@dataclass(frozen=True, slots=True)
class TermSchedule:
    starts_on: date
    initial_months: int
    renewals: tuple[RenewalRule, ...]
    """Oldest first; the first is effective from the start."""
    ends_on: date | None = None
    """By notice."""

    def terms(self) -> Iterator[ContractTerm]:
        """One after the other, without end while it renews itself. Ask for days before the year 2200."""
        number, months, first = 1, self.initial_months, self.starts_on
        while True:
            last = compute_last_day(self.starts_on, months)
            renewal = self._renewal_rule_on(last)
            renews = renewal.months is not None and (self.ends_on is None or last < self.ends_on)
            by = compute_notice_date(last, renewal.notice) if renewal.notice else None
            yield ContractTerm(number, first, last, months, renews, by)
            if not renews or renewal.months is None:
                return
            number, months, first = number + 1, months + renewal.months, last + ONE_DAY

    def term_on(self, day: date) -> ContractTerm | None:
        """Null before the first day and after the last."""
        found = next((term for term in self.terms() if term.last_day >= day), None)
        return found if found is not None and found.first_day <= day else None

    def terms_begun_by(self, day: date) -> list[ContractTerm]:
        """Those that have begun."""
        return list(takewhile(lambda term: term.first_day <= day, self.terms()))

    def final_day(self) -> date | None:
        """Null while it renews itself."""
        if self.ends_on is None and self.renewals[-1].months is not None:
            return None
        return [term.last_day for term in self.terms()][-1]

    def next_terminable_term(self, day: date) -> ContractTerm | None:
        """The first term that notice given on this day, or later, still ends."""
        return next((term for term in self.terms() if not term.renews or (term.notice_by or day) >= day), None)

    def last_day_after_notice(self, given_on: date) -> date:
        """The last day when notice is given. ContractEndsByItself: nothing is left to give notice of."""
        for term in self.terms():
            if not term.renews:
                break
            if term.notice_by is not None and given_on <= term.notice_by:
                return term.last_day
        raise ContractDoesNotRenew("It does not renew itself any more.")

    def _renewal_rule_on(self, day: date) -> RenewalRule:
        return next((one for one in reversed(self.renewals) if one.effective_on <= day), self.renewals[0])


def check_amendment(
    course: TermSchedule, before: ContractTerms, after: ContractTerms, effective_on: date, today: date
) -> None:
    """That terms can follow those `before` from a day on."""
    if effective_on < max(today, course.starts_on):
        raise AmendmentInThePast(f"It is {today}, and the contract starts on {course.starts_on}.", field="effective_on")
    if (after.starts_on, after.timezone) != (before.starts_on, before.timezone):
        raise ContractStartFixed("An amendment keeps the first day and the time zone.", field="terms.starts_on")
    if after == before:
        raise AmendmentChangesNothing("These are the terms as they are.", field="terms")
    if after.initial_months != before.initial_months:
        over = compute_last_day(course.starts_on, before.initial_months) < effective_on
        if over or compute_last_day(course.starts_on, after.initial_months) < effective_on:
            raise InitialTermFixed("The initial term is over, or would be.", field="terms.initial_months")

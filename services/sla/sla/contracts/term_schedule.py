"""The terms of a contract in time: when each begins and ends, whether it renews, and the last day for notice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import NamedTuple, Self

from common.dates import ONE_DAY, add_months_to_last_day
from sla.contracts.errors import (
    AmendmentChangesNothing,
    AmendmentInThePast,
    ContractDoesNotRenew,
    ContractStartFixed,
    InitialTermFixed,
)
from sla.contracts.terms import ContractTerms, NoticePeriod


class ContractState(StrEnum):
    DRAFT = "draft"
    WITHDRAWN = "withdrawn"
    SIGNED = "signed"
    """Both sides have signed; the first day is still to come."""
    ACTIVE = "active"
    NOTICE_GIVEN = "notice_given"
    """It still binds, up to its last day."""
    ENDED = "ended"

    @property
    def is_binding(self) -> bool:
        return self in (ContractState.ACTIVE, ContractState.NOTICE_GIVEN)


class RenewalRule(NamedTuple):
    """The renewal that the terms provide for from a day on."""

    effective_on: date
    months: int | None
    """Null: the contract does not renew itself."""
    notice: NoticePeriod | None

    @classmethod
    def from_terms(cls, effective_on: date, terms: ContractTerms) -> Self:
        return cls(effective_on, terms.renewal_months, terms.notice)


class ContractTerm(NamedTuple):
    """The initial term of a contract, or one of its renewals."""

    number: int
    first_day: date
    last_day: date
    months: int
    """From the start of the contract to the end of this term."""
    renews: bool
    notice_by: date | None
    """The last day on which notice ends the contract with this term; null when it does not renew itself."""


def compute_last_day(starts_on: date, months: int) -> date:
    """Count from the start, so that what began on the 31st does not drift: 31 May and 6 months end on 30 November."""
    return add_months_to_last_day(starts_on - ONE_DAY, months)


def compute_notice_date(last_day: date, notice: NoticePeriod) -> date:
    """The last day that leaves the whole notice period before the term is over."""
    if notice.months is not None:
        return add_months_to_last_day(last_day, -notice.months)
    return last_day - timedelta(days=notice.days or 0)


@dataclass(frozen=True, slots=True)
class TermSchedule:
    starts_on: date
    initial_months: int
    renewal_rules: tuple[RenewalRule, ...]
    """Oldest first; the first is effective from the start."""
    ends_on: date | None = None
    """The last day by notice; null when no notice was given."""

    def terms(self) -> Iterator[ContractTerm]:
        """Iterate the terms in order, without end while the contract renews itself. Ask for days before 2200."""
        number, months, first_day = 1, self.initial_months, self.starts_on
        while True:
            last_day = compute_last_day(self.starts_on, months)
            rule = self._renewal_rule_on(last_day)
            renews = rule.months is not None and (self.ends_on is None or last_day < self.ends_on)
            notice_by = compute_notice_date(last_day, rule.notice) if rule.notice else None
            yield ContractTerm(number, first_day, last_day, months, renews, notice_by)
            if not renews or rule.months is None:
                return
            number, months, first_day = number + 1, months + rule.months, last_day + ONE_DAY

    def term_on(self, day: date) -> ContractTerm | None:
        """The term that runs on the day; null before the first day and after the last."""
        term = next((term for term in self.terms() if term.last_day >= day), None)
        return term if term is not None and term.first_day <= day else None

    def terms_begun_by(self, day: date) -> list[ContractTerm]:
        return list(takewhile(lambda term: term.first_day <= day, self.terms()))

    def final_day(self) -> date | None:
        """The last day of the contract; null while it renews itself."""
        if self.ends_on is None and self.renewal_rules[-1].months is not None:
            return None
        return [term.last_day for term in self.terms()][-1]

    def next_terminable_term(self, day: date) -> ContractTerm | None:
        """The first term that notice given on this day or later can still end, or else the final term."""
        return next((term for term in self.terms() if not term.renews or (term.notice_by or day) >= day), None)

    def last_day_after_notice(self, given_on: date) -> date:
        """The last day of the contract when notice is given; raises ContractDoesNotRenew."""
        for term in self.terms():
            if not term.renews:
                break
            if term.notice_by is not None and given_on <= term.notice_by:
                return term.last_day
        raise ContractDoesNotRenew("This contract ends without notice: it does not renew itself any more.")

    def _renewal_rule_on(self, day: date) -> RenewalRule:
        in_force = (rule for rule in reversed(self.renewal_rules) if rule.effective_on <= day)
        return next(in_force, self.renewal_rules[0])


def check_contract_amendment(
    schedule: TermSchedule, before: ContractTerms, after: ContractTerms, effective_on: date, today: date
) -> None:
    """Check that the terms can follow those `before` from the day on."""
    if effective_on < max(today, schedule.starts_on):
        raise AmendmentInThePast(
            f"It is {today}, and the contract starts on {schedule.starts_on}.", field="effective_on"
        )
    if (after.starts_on, after.timezone) != (before.starts_on, before.timezone):
        raise ContractStartFixed("An amendment keeps the first day and the time zone.", field="terms.starts_on")
    if after == before:
        raise AmendmentChangesNothing("These terms are the same as those in force.", field="terms")
    if after.initial_months != before.initial_months:
        is_over = compute_last_day(schedule.starts_on, before.initial_months) < effective_on
        if is_over or compute_last_day(schedule.starts_on, after.initial_months) < effective_on:
            raise InitialTermFixed("The initial term is over, or would be.", field="terms.initial_months")

"""The times that a contract runs for, each a term: when it begins and ends, and whether it renews."""

# A term is a time; terms, in the plural, are the document that both sides sign.

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from typing import NamedTuple

from common.dates import ONE_DAY
from sla.contracts.errors import ContractDoesNotRenew
from sla.contracts.notice_dates import compute_last_day
from sla.contracts.terms import ContractTerms


class TermsVersion(NamedTuple):
    """A version of the terms, in force from its day until a version with a higher number is."""

    number: int
    effective_on: date
    terms: ContractTerms


@dataclass(frozen=True, slots=True)
class ContractTerm:
    """The initial term of a contract, or one of its renewals."""

    number: int
    first_day: date
    last_day: date
    months: int
    """From the start of the contract to the end of this term."""
    renews: bool
    notice_by: date | None
    """The last day on which notice ends the contract with this term; null when it does not renew itself."""


@dataclass(frozen=True, slots=True)
class TermSchedule:
    versions: tuple[TermsVersion, ...]
    """In the order of numbers; all have the same first day."""
    ends_on: date | None = None
    """The last day by notice; null when no notice was given."""

    @property
    def starts_on(self) -> date:
        return self.versions[0].terms.starts_on

    def version_on(self, day: date) -> TermsVersion:
        """The version in force on the day; before the first day, the first."""
        in_force = (version for version in reversed(self.versions) if version.effective_on <= day)
        return next(in_force, self.versions[0])

    def iterate(self) -> Iterator[ContractTerm]:
        """Yield each term in order, without end while the contract renews itself. Ask for days before 2200."""
        number, months, first_day = 1, self.versions[-1].terms.initial_months, self.starts_on
        while True:
            last_day = compute_last_day(self.starts_on, months)
            agreed = self.version_on(last_day).terms
            renews = agreed.renewal_months is not None and (self.ends_on is None or last_day < self.ends_on)
            notice_by = agreed.notice.latest_notice_day(last_day) if agreed.notice else None
            yield ContractTerm(number, first_day, last_day, months, renews, notice_by)
            if not renews or agreed.renewal_months is None:
                return
            number, months, first_day = number + 1, months + agreed.renewal_months, last_day + ONE_DAY

    def term_on(self, day: date) -> ContractTerm | None:
        """The term that runs on the day; null before the first day and after the last."""
        term = next((term for term in self.iterate() if term.last_day >= day), None)
        return term if term is not None and term.first_day <= day else None

    def list_begun_by(self, day: date) -> list[ContractTerm]:
        return list(takewhile(lambda term: term.first_day <= day, self.iterate()))

    def final_day(self) -> date | None:
        """The last day of the contract; null while it renews itself."""
        if self.ends_on is None and self.versions[-1].terms.renewal_months is not None:
            return None
        return [term.last_day for term in self.iterate()][-1]

    def next_terminable_term(self, day: date) -> ContractTerm | None:
        """The first term that notice given on this day or later can still end, or else the final term."""
        return next((term for term in self.iterate() if not term.renews or (term.notice_by or day) >= day), None)

    def last_day_after_notice(self, given_on: date) -> date:
        """The last day of the contract when notice is given; raises ContractDoesNotRenew."""
        term = self.next_terminable_term(given_on)
        if term is None or not term.renews:
            raise ContractDoesNotRenew("This contract ends without notice: it does not renew itself any more.")
        return term.last_day

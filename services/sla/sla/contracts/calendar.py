"""The dates of a contract in a stretch of days: what starts, ends, renews, rises and falls due."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from sla.contracts.fees import TermsVersion, fee_agreed_since, fee_rise_days
from sla.contracts.term_schedule import TermSchedule

ONE_DAY = timedelta(days=1)


class ContractOccasion(StrEnum):
    STARTS = "starts"
    NOTICE_BY = "notice_by"
    """The last day on which notice ends it with the term."""
    RENEWS = "renews"
    """The first day of another term."""
    ENDS = "ends"
    """The last day on which it binds."""
    AMENDED = "amended"
    FEE_RISES = "fee_rises"
    OBLIGATION_DUE = "obligation_due"


class ContractDate(NamedTuple):
    day: date
    occasion: ContractOccasion
    text: str


def contract_dates(
    course: TermSchedule, editions: Sequence[TermsVersion], first: date, last: date
) -> list[ContractDate]:
    """From the first day to the last, both included, in the order of days."""
    found = [*_terms(course, last), *_amendments(editions), *_fees(editions, last)]
    final = course.final_day() or last
    return sorted(one for one in found if first <= one.day <= min(last, final))


def _terms(course: TermSchedule, last: date) -> Iterator[ContractDate]:
    yield ContractDate(course.starts_on, ContractOccasion.STARTS, "The contract starts.")
    for term in course.terms_begun_by(last + timedelta(days=1830)):
        if term.renews:
            if term.notice_by is not None:
                yield ContractDate(term.notice_by, ContractOccasion.NOTICE_BY, f"Notice to end it on {term.last_day}.")
            yield ContractDate(term.last_day + ONE_DAY, ContractOccasion.RENEWS, f"Term {term.number + 1} begins.")
        else:
            yield ContractDate(term.last_day, ContractOccasion.ENDS, f"After {term.months} months, or by notice.")


def _amendments(editions: Sequence[TermsVersion]) -> Iterator[ContractDate]:
    for edition in editions[1:]:
        yield ContractDate(edition.effective_on, ContractOccasion.AMENDED, f"Version {edition.number} takes effect.")


def _fees(editions: Sequence[TermsVersion], last: date) -> Iterator[ContractDate]:
    """A version's fees rise until another one takes effect."""
    for place, edition in enumerate(editions):
        until = min([last, *(later.effective_on - ONE_DAY for later in editions[place + 1 :])])
        for fee in edition.terms.fees:
            for day in fee_rise_days(fee, fee_agreed_since(editions, edition, fee), until):
                if day >= edition.effective_on:
                    yield ContractDate(day, ContractOccasion.FEE_RISES, f"{fee.name} rises.")

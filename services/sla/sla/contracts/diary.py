"""The dates of a contract in a stretch of days: what starts, ends, renews, rises and falls due."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from sla.contracts.course import Course
from sla.contracts.fees import Edition, agreed_since, rises

A_DAY = timedelta(days=1)


class Occasion(StrEnum):
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


class Entry(NamedTuple):
    day: date
    occasion: Occasion
    text: str


def entries(course: Course, editions: Sequence[Edition], first: date, last: date) -> list[Entry]:
    """From the first day to the last, both included, in the order of days."""
    found = [*_terms(course, last), *_amendments(editions), *_fees(editions, last)]
    final = course.final_day() or last
    return sorted(one for one in found if first <= one.day <= min(last, final))


def _terms(course: Course, last: date) -> Iterator[Entry]:
    yield Entry(course.starts_on, Occasion.STARTS, "The contract starts.")
    for term in course.terms_until(last + timedelta(days=1830)):
        if term.renews:
            if term.notice_by is not None:
                yield Entry(term.notice_by, Occasion.NOTICE_BY, f"Notice to end it on {term.last_day}.")
            yield Entry(term.last_day + A_DAY, Occasion.RENEWS, f"Term {term.number + 1} begins.")
        else:
            yield Entry(term.last_day, Occasion.ENDS, f"After {term.months} months, or by notice.")


def _amendments(editions: Sequence[Edition]) -> Iterator[Entry]:
    for edition in editions[1:]:
        yield Entry(edition.effective_on, Occasion.AMENDED, f"Version {edition.number} takes effect.")


def _fees(editions: Sequence[Edition], last: date) -> Iterator[Entry]:
    """A version's fees rise until another one takes effect."""
    for place, edition in enumerate(editions):
        until = min([last, *(later.effective_on - A_DAY for later in editions[place + 1 :])])
        for fee in edition.terms.fees:
            for day in rises(fee, agreed_since(editions, edition, fee), until):
                if day >= edition.effective_on:
                    yield Entry(day, Occasion.FEE_RISES, f"{fee.name} rises.")

"""The dates of a contract in a range of days: what starts, ends, renews, rises and falls due."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from common.dates import ONE_DAY
from sla.contracts.fees import fee_agreed_since, fee_rise_days
from sla.contracts.term_schedule import TermSchedule

LONGEST_NOTICE = timedelta(days=1830)


class ContractOccasion(StrEnum):
    STARTS = "starts"
    NOTICE_BY = "notice_by"
    """The last day on which notice ends the contract with the term."""
    RENEWS = "renews"
    """The first day of another term."""
    ENDS = "ends"
    """The last day on which the contract binds."""
    AMENDED = "amended"
    FEE_RISES = "fee_rises"
    OBLIGATION_DUE = "obligation_due"


@dataclass(frozen=True, slots=True, order=True)
class ContractDate:
    day: date
    occasion: ContractOccasion
    text: str


def contract_dates(schedule: TermSchedule, first: date, last: date) -> list[ContractDate]:
    """The dates from the first day to the last, both included, in the order of days."""
    amendments = [
        ContractDate(version.effective_on, ContractOccasion.AMENDED, f"Version {version.number} takes effect.")
        for version in schedule.versions[1:]
    ]
    dates = [*_term_dates(schedule, last), *amendments, *_fee_dates(schedule, last)]
    final_day = schedule.final_day() or last
    return sorted(entry for entry in dates if first <= entry.day <= min(last, final_day))


def _term_dates(schedule: TermSchedule, last: date) -> Iterator[ContractDate]:
    yield ContractDate(schedule.starts_on, ContractOccasion.STARTS, "The contract starts.")
    for term in schedule.list_begun_by(last + LONGEST_NOTICE):
        if term.renews:
            if term.notice_by is not None:
                text = f"Last day for notice to end it on {term.last_day}."
                yield ContractDate(term.notice_by, ContractOccasion.NOTICE_BY, text)
            yield ContractDate(term.last_day + ONE_DAY, ContractOccasion.RENEWS, f"Term {term.number + 1} begins.")
        else:
            yield ContractDate(term.last_day, ContractOccasion.ENDS, f"After {term.months} months, or by notice.")


def _fee_dates(schedule: TermSchedule, last: date) -> Iterator[ContractDate]:
    """The days on which the fees of a version rise, until another version takes effect."""
    for position, version in enumerate(schedule.versions):
        until = min([last, *(later.effective_on - ONE_DAY for later in schedule.versions[position + 1 :])])
        for fee in version.terms.fees:
            for day in fee_rise_days(fee, fee_agreed_since(schedule.versions, version, fee), until):
                if day >= version.effective_on:
                    yield ContractDate(day, ContractOccasion.FEE_RISES, f"{fee.name} rises.")
